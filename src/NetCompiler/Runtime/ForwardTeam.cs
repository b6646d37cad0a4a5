using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace NetCompiler;

/// <summary>For generated code: predictions on several threads.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ForwardTeam
{
    /// <summary>
    /// Predicts on as many threads as the network may use, each with samples of its own where there are enough of them, and otherwise each with
    /// a part of every large layer. Every number is computed by the same code as on one thread, so the bits are the same.
    /// </summary>
    /// <typeparam name="TNetwork">The network.</typeparam>
    /// <param name="state">The network's parameters; they keep the threads.</param>
    /// <param name="path">Which code runs.</param>
    /// <param name="grain">Samples that are computed at once: a thread's samples begin at multiples of it.</param>
    /// <param name="scratch">Floats between layers where the threads share them; -1: they cannot.</param>
    /// <param name="batch">Number of samples.</param>
    /// <param name="tensors">Inputs and outputs.</param>
    /// <returns>False: nothing was done, since there is too little work or another call has the threads.</returns>
    public static bool Run<TNetwork>(NetworkState state, InstructionPath path, int grain, int scratch, nint batch, in ForwardTensors tensors)
        where TNetwork : class, INetwork<TNetwork>
    {
        ArgumentNullException.ThrowIfNull(state);
        nint items = (batch + grain - 1) / grain;
        bool shares = scratch >= 0 && items < state.Threads;
        return (items >= 2 || shares) && Run<TNetwork>(state, path, isStep: false, grain, shares ? scratch : -1, batch, in tensors);
    }

    /// <summary>Makes a step of one sequence on as many threads as the network may use, each with a part of every large layer. The bits are those of one thread.</summary>
    /// <typeparam name="TNetwork">The network.</typeparam>
    /// <param name="state">The network's parameters; they keep the threads.</param>
    /// <param name="path">Which code runs.</param>
    /// <param name="scratch">Floats between layers.</param>
    /// <param name="tensors">Inputs, outputs and what is remembered.</param>
    /// <returns>False: nothing was done, since another call has the threads.</returns>
    public static bool RunStep<TNetwork>(NetworkState state, InstructionPath path, int scratch, in ForwardTensors tensors)
        where TNetwork : class, INetwork<TNetwork>
    {
        ArgumentNullException.ThrowIfNull(state);
        return Run<TNetwork>(state, path, isStep: true, grain: 1, scratch, batch: 1, in tensors);
    }

    private static bool Run<TNetwork>(NetworkState state, InstructionPath path, bool isStep, int grain, int scratch, nint batch, in ForwardTensors tensors)
        where TNetwork : class, INetwork<TNetwork>
    {
        int threads = state.Threads;
        if (threads == 1 || !state.TryTakeTeam())
        {
            return false;
        }

        try
        {
            if (state.Team is not Work<TNetwork> team || team.Pool.Threads != threads)
            {
                (state.Team as Work<TNetwork>)?.Pool.Dispose();
                state.Team = team = new Work<TNetwork>(threads);
            }

            team.Run(state, path, isStep, grain, scratch, batch, in tensors);
        }
        finally
        {
            state.ReturnTeam();
        }

        return true;
    }

    private sealed unsafe class Work<TNetwork>(int threads) : PoolWork
        where TNetwork : class, INetwork<TNetwork>
    {
        private readonly TeamBarrier barrier = new(threads);
        private InstructionPath path;
        private nint batch;
        private bool isStep;
        private int grain;
        private bool shares;
        private float* parameters;
        private float* prepared;
        private float* scratch;
        private float** tensors;

        public WorkerPool Pool { get; } = new(threads);

        [SkipLocalsInit]
        public void Run(NetworkState state, InstructionPath newPath, bool newIsStep, int newGrain, int scratchLength, nint newBatch, in ForwardTensors all)
        {
            (path, isStep, grain, batch, shares) = (newPath, newIsStep, newGrain, newBatch, scratchLength >= 0);
            parameters = state.Buffer.Pointer;
            prepared = state.PreparedBuffer(isStep ? NetworkState.Step : 0) is { } buffer ? buffer.Pointer : null;
            fixed (float* t0 = &all.T0, t1 = &all.T1, t2 = &all.T2, t3 = &all.T3, t4 = &all.T4, t5 = &all.T5, t6 = &all.T6, t7 = &all.T7)
            {
                float** pointers = stackalloc float*[ForwardTensors.Most];
                pointers[0] = t0;
                pointers[1] = t1;
                pointers[2] = t2;
                pointers[3] = t3;
                pointers[4] = t4;
                pointers[5] = t5;
                pointers[6] = t6;
                pointers[7] = t7;
                tensors = pointers;

                // Working memory never moves, and this thread keeps it.
                scratch = shares ? (float*)Unsafe.AsPointer(ref Scratch.Rent(scratchLength)) : null;
                Pool.Run(this, shares ? Pool.Threads : (int)((batch + grain - 1) / grain));
            }
        }

        [SkipLocalsInit]
        public override void Run(int worker, int begin, int end)
        {
            ForwardFrame frame = new()
            {
                ParameterPointer = parameters,
                PreparedPointer = prepared,
                ScratchPointer = scratch,
                TensorPointers = tensors,
                Barrier = shares ? barrier : null,
                Worker = worker,
                Workers = Pool.Threads,
                IsStep = isStep,
            };
            if (shares)
            {
                TNetwork.RunForward(path, in frame, 0, batch);
            }
            else
            {
                TNetwork.RunForward(path, in frame, (nint)begin * grain, Math.Min((nint)end * grain, batch));
            }
        }
    }
}
