using System.Globalization;
using System.Runtime.CompilerServices;

namespace NetCompiler;

/// <summary>
/// Trains a network. The minibatch is spread over threads; the results have the same bits for any number of them. A trainer is for one caller
/// at a time, and while it steps nobody else may use the network.
/// </summary>
/// <typeparam name="TNetwork">The network.</typeparam>
public sealed partial class Trainer<TNetwork> : IDisposable, IInputGradientSource
    where TNetwork : class, INetwork<TNetwork>
{
    /// <summary>Nanoseconds.</summary>
    private const long SmallStep = 40_000;

    private const int Free = 0;
    private const int AtWork = 1;
    private const int Disposed = 2;

    private readonly NetworkState state;
    private readonly TrainingDescription training;
    private readonly PhaseWork phaseWork;
    private readonly WorkerPool pool;
    private readonly TrainingMemory memory;
    private readonly ParameterUpdater updater;
    private readonly LabelWriter labelWriter;
    private readonly int[]?[] bounds;
    private readonly int inputSize;
    private readonly bool takesNumbers;
    private int occupation; // Free, AtWork, or Disposed for good
    private int lastBatch;
    private long lastCounted; // labels; samples where the loss is computed outside
    private float lastLoss;
    private bool lastWasUpdate;
    private int lastVersion;
    private bool hasInputGradient;

    /// <summary>Makes a trainer.</summary>
    /// <param name="network">What is trained.</param>
    /// <param name="optimizer">How parameters follow their gradients.</param>
    /// <param name="threads">How many threads share the work; 0: one for each processor.</param>
    /// <exception cref="ArgumentException">The network was declared without a loss, or the optimiser's <see cref="Optimizer.StateNames"/> cannot be told apart in a checkpoint.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is negative or above 1024.</exception>
    /// <exception cref="InvalidOperationException">The network is a <c>Pretrained</c> one, which the whole program shares.</exception>
    public Trainer(TNetwork network, Optimizer optimizer, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(optimizer);
        Threads = WorkerPool.Count(threads, nameof(threads));
        NetworkDescription description = TNetwork.Description;
        training = description.Training ?? throw new ArgumentException(
            $"{description.Name} was declared without a loss, so it cannot be trained. Declare it with [Network(Loss = Loss.SoftmaxCrossEntropy)] or "
                + $"another loss.", nameof(network));
        CheckStateNames(optimizer);
        network.State.CheckWritable();
        Network = network;
        Optimizer = optimizer;
        state = network.State;
        inputSize = description.Inputs.Sum(i => i.Length);
        outputSize = description.Outputs.Sum(o => o.Length);
        takesNumbers = description.Inputs.Any(i => i.Limit > 0);
        labelWriter = new LabelWriter(description, training);
        bounds = [.. training.Phases.Select(p => PhaseBounds.Of(p, Threads))];
        updater = new ParameterUpdater(state, optimizer, UpdateRanges.Of(description, training, bounds, Threads));
        memory = new TrainingMemory(training, inputSize, labelWriter.Size, Threads);
        carried = new CarriedStates(training);
        phaseWork = new PhaseWork(this);
        Gradients = new GradientCollection(
            [.. description.Parameters.Where(p => !p.IsBuffer).Select(p => new Gradient(p, updater.Gradients))],
            $"{description.Name} (gradients)");
        InputGradient = new InputGradient(this);
        frozenBuffers = new ParameterDescription[description.Parameters.Count(p => p.IsBuffer)];
        pool = new WorkerPool(Threads);
    }

    /// <summary>What is trained.</summary>
    public TNetwork Network { get; }

    /// <summary>How parameters follow their gradients.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>How many threads share the work.</summary>
    public int Threads { get; }

    /// <summary>How the learning rate changes with the steps; null: not at all.</summary>
    public LearningRateSchedule? Schedule { get; set; }

    /// <summary>Gradients whose common Euclidean norm is above this are scaled down to it before the update; null: never.</summary>
    public float? GradientClipNorm
    {
        get;
        set => field = value is null || value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "GradientClipNorm must be "
            + "above 0, or null for no clipping.");
    }

    /// <summary>Steps taken, of all runs that were resumed.</summary>
    public long StepCount { get; private set; }

    /// <summary>Where the random numbers of training (dropout) begin; each step derives its own from this and its number.</summary>
    public long Seed { get; set; }

    /// <summary>The learning rate of the next step.</summary>
    public double CurrentLearningRate => Schedule?.Rate(StepCount, Optimizer.LearningRate) ?? Optimizer.LearningRate;

    /// <summary>The gradients of the last step's mean loss, by the parameters' names.</summary>
    public GradientCollection Gradients { get; }

    /// <summary>The gradient with respect to the inputs of the last minibatch.</summary>
    public InputGradient InputGradient { get; }

    /// <summary>Whether a step takes so little time that waking other threads could take longer than they save.</summary>
    private bool IsSmall => training.NanosecondsPerSample > 0 && (long)training.NanosecondsPerSample * lastBatch < SmallStep;

    int IInputGradientSource.InputGradientLength => lastBatch * inputSize;

    /// <summary>Trains on one minibatch of a network whose loss wants class numbers.</summary>
    /// <param name="inputs">Batch x input size; of several inputs one after the other.</param>
    /// <param name="labels">Class numbers, or -1 where a position does not count; of several outputs one after the other.</param>
    /// <returns>The mean loss, before the update.</returns>
    public float Step(ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels)
    {
        using Guard guard = new(this);
        return Run(Load(inputs, labels), update: true);
    }

    /// <summary>Trains on one minibatch of a network whose loss compares with floats.</summary>
    /// <param name="inputs">Batch x input size; of several inputs one after the other.</param>
    /// <param name="labels">What the outputs are compared with; of several outputs one after the other.</param>
    /// <returns>The mean loss, before the update.</returns>
    public float Step(ReadOnlySpan<float> inputs, ReadOnlySpan<float> labels)
    {
        using Guard guard = new(this);
        return Run(Load(inputs, labels), update: true);
    }

    /// <summary>
    /// Computes loss and gradients as <see cref="Step(ReadOnlySpan{float}, ReadOnlySpan{int})"/> does, and changes neither parameters nor running statistics.
    /// </summary>
    /// <param name="inputs">Batch x input size; of several inputs one after the other.</param>
    /// <param name="labels">Class numbers, or -1 where a position does not count; of several outputs one after the other.</param>
    /// <returns>The mean loss.</returns>
    public float ComputeGradients(ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels)
    {
        using Guard guard = new(this);
        return Run(Load(inputs, labels), update: false);
    }

    /// <summary>
    /// Computes loss and gradients as <see cref="Step(ReadOnlySpan{float}, ReadOnlySpan{float})"/> does, and changes neither parameters nor running statistics.
    /// </summary>
    /// <param name="inputs">Batch x input size; of several inputs one after the other.</param>
    /// <param name="labels">What the outputs are compared with; of several outputs one after the other.</param>
    /// <returns>The mean loss.</returns>
    public float ComputeGradients(ReadOnlySpan<float> inputs, ReadOnlySpan<float> labels)
    {
        using Guard guard = new(this);
        return Run(Load(inputs, labels), update: false);
    }

    /// <summary>Trains on one minibatch of whole numbers (tokens), of a network whose loss wants class numbers.</summary>
    /// <param name="inputs">Batch x input size; of several inputs one after the other.</param>
    /// <param name="labels">Class numbers, or -1 where a position does not count; of several outputs one after the other.</param>
    /// <returns>The mean loss, before the update.</returns>
    /// <exception cref="ArgumentException">A number is out of range; nothing has changed.</exception>
    public float Step(ReadOnlySpan<int> inputs, ReadOnlySpan<int> labels)
    {
        using Guard guard = new(this);
        return Run(Load(inputs, labels), update: true);
    }

    /// <summary>Trains on one minibatch of whole numbers (tokens), of a network whose loss compares with floats.</summary>
    /// <param name="inputs">Batch x input size; of several inputs one after the other.</param>
    /// <param name="labels">What the outputs are compared with; of several outputs one after the other.</param>
    /// <returns>The mean loss, before the update.</returns>
    /// <exception cref="ArgumentException">A number is out of range; nothing has changed.</exception>
    public float Step(ReadOnlySpan<int> inputs, ReadOnlySpan<float> labels)
    {
        using Guard guard = new(this);
        return Run(Load(inputs, labels), update: true);
    }

    /// <summary>
    /// Computes loss and gradients as <see cref="Step(ReadOnlySpan{int}, ReadOnlySpan{int})"/> does, and changes neither parameters nor running statistics.
    /// </summary>
    /// <param name="inputs">Batch x input size; of several inputs one after the other.</param>
    /// <param name="labels">Class numbers, or -1 where a position does not count; of several outputs one after the other.</param>
    /// <returns>The mean loss.</returns>
    public float ComputeGradients(ReadOnlySpan<int> inputs, ReadOnlySpan<int> labels)
    {
        using Guard guard = new(this);
        return Run(Load(inputs, labels), update: false);
    }

    /// <summary>
    /// Computes loss and gradients as <see cref="Step(ReadOnlySpan{int}, ReadOnlySpan{float})"/> does, and changes neither parameters nor running statistics.
    /// </summary>
    /// <param name="inputs">Batch x input size; of several inputs one after the other.</param>
    /// <param name="labels">What the outputs are compared with; of several outputs one after the other.</param>
    /// <returns>The mean loss.</returns>
    public float ComputeGradients(ReadOnlySpan<int> inputs, ReadOnlySpan<float> labels)
    {
        using Guard guard = new(this);
        return Run(Load(inputs, labels), update: false);
    }

    /// <summary>
    /// Ends the threads. It never waits: of a call that is at work on another thread, one step or evaluation comes to its end, and the threads end with it;
    /// whatever is called from now on (the next step of Fit, too) throws <see cref="ObjectDisposedException"/>.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref occupation, Disposed) == Free)
        {
            pool.Dispose();
        }
    }

    void IInputGradientSource.CopyInputGradient(Span<float> destination)
    {
        using Guard guard = new(this);
        if (training.InputGradientOffsets.Length == 0)
        {
            throw new InvalidOperationException($"{TNetwork.Description.Name} was compiled without gradients of its inputs.");
        }

        if (lastBatch == 0)
        {
            throw new InvalidOperationException("There is no input gradient before the first minibatch. Call ComputeGradients or Step first.");
        }

        if (destination.Length != lastBatch * inputSize)
        {
            throw new ArgumentException(
                $"The destination has {destination.Length} floats; the gradient of the last minibatch's inputs has {lastBatch * inputSize} "
                    + $"({lastBatch} samples of {inputSize}). Give a span of that length.",
                nameof(destination));
        }

        if (!hasInputGradient)
        {
            // An update of this trainer's keeps the parameters that were before it.
            if (!lastWasUpdate && state.Version != lastVersion)
            {
                throw new InvalidOperationException(
                    $"The parameters of {TNetwork.Description.Name} have changed since the last minibatch, of whose inputs the gradient cannot be computed with other ones. "
                        + $"Copy it before you change them, or call {nameof(ComputeGradients)} again.");
            }

            RunPhases(PhaseRole.InputGradient);
            hasInputGradient = true;
        }

        TensorDescription[] inputs = TNetwork.Description.Inputs;
        for (int i = 0; i < inputs.Length; i++)
        {
            int length = inputs[i].Length * lastBatch;
            memory.Samples.Span.Slice(training.InputGradientOffsets[i] * lastBatch, length).CopyTo(destination);
            destination = destination[length..];
        }
    }

    private int Load(ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels)
    {
        int batch = CheckInputs(inputs);
        CheckLabels(labels, batch);
        Prepare(batch, nameof(inputs));
        inputs.CopyTo(memory.Inputs.Span);
        LabelWriter.Write(labels, LabelMemory(labels.Length));
        return batch;
    }

    private int Load(ReadOnlySpan<float> inputs, ReadOnlySpan<float> labels)
    {
        int batch = CheckInputs(inputs);
        CheckLabels(labels, batch);
        Prepare(batch, nameof(inputs));
        inputs.CopyTo(memory.Inputs.Span);
        labels.CopyTo(LabelMemory(labels.Length));
        return batch;
    }

    private int Load(ReadOnlySpan<int> inputs, ReadOnlySpan<int> labels)
    {
        int batch = CheckInputs(inputs);
        CheckLabels(labels, batch);
        Prepare(batch, nameof(inputs));
        LabelWriter.Write(inputs, memory.Inputs.Span);
        LabelWriter.Write(labels, LabelMemory(labels.Length));
        return batch;
    }

    private int Load(ReadOnlySpan<int> inputs, ReadOnlySpan<float> labels)
    {
        int batch = CheckInputs(inputs);
        CheckLabels(labels, batch);
        Prepare(batch, nameof(inputs));
        LabelWriter.Write(inputs, memory.Inputs.Span);
        labels.CopyTo(LabelMemory(labels.Length));
        return batch;
    }

    private int CheckInputs(ReadOnlySpan<float> inputs)
    {
        int batch = ForwardArguments.Batch(TNetwork.Description.Name, nameof(inputs), inputs.Length, inputSize);
        int start = 0;
        foreach (TensorDescription input in TNetwork.Description.Inputs)
        {
            if (input.Limit > 0)
            {
                WholeNumbers.Check(TNetwork.Description.Name, input.Name, inputs.Slice(start, input.Length * batch), input.Limit, input.Length);
            }

            start += input.Length * batch;
        }

        return batch;
    }

    private int CheckInputs(ReadOnlySpan<int> inputs)
    {
        int batch = ForwardArguments.Batch(TNetwork.Description.Name, nameof(inputs), inputs.Length, inputSize);
        int start = 0;
        foreach (TensorDescription input in TNetwork.Description.Inputs)
        {
            // An input of floats takes whole ones as well: [1, 2] in the source may be either.
            if (input.Limit > 0)
            {
                WholeNumbers.Check(TNetwork.Description.Name, input.Name, inputs.Slice(start, input.Length * batch), input.Limit, input.Length);
            }

            start += input.Length * batch;
        }

        return batch;
    }

    /// <summary>
    /// One step on the minibatch that is in memory. With <paramref name="onlyFinite"/>, a loss that is not a finite number ends it before the update.
    /// </summary>
    private float Run(int batch, bool update, bool onlyFinite = false)
    {
        double rate = update ? CheckedLearningRate() : 0;
        lastBatch = batch;
        lastWasUpdate = false;
        lastVersion = state.Version;
        hasInputGradient = false;
        carried.Use();
        lastCounted = HasCustomLoss ? batch : labelWriter.Count(memory.Labels.Span, batch, memory.Static.Span[(training.InverseBatchOffset + 1)..]);
        RunPhases(PhaseRole.Gradient);
        float loss = HasCustomLoss ? RunLoss(batch) : memory.Static.Span[training.LossOffset];
        lastLoss = loss;
        if (update && (!onlyFinite || float.IsFinite(loss)))
        {
            // The running statistics before the step; the update itself keeps the learned part.
            int learned = state.Description.TrainableLength;
            state.Storage[learned..].CopyTo(updater.Previous.Span[learned..]);
            RunPhases(PhaseRole.Commit);
            for (int i = 0; i < frozenBufferCount; i++)
            {
                KeepBuffer(frozenBuffers[i]);
            }

            try
            {
                updater.Update(pool, rate, GradientClipNorm, keepAll: onlyFinite, IsSmall);
            }
            catch
            {
                // The optimiser may be anybody's. What it had updated stays so; the rest is as if there had been no step.
                updater.Previous.Span[learned..].CopyTo(state.Storage[learned..]);
                state.Changed();
                lastBatch = 0;
                fit?.CanGoBack = false;
                throw;
            }

            state.Changed();
            StepCount++;
            lastWasUpdate = true;
            fit?.CanGoBack = onlyFinite;
            if (CarryState)
            {
                carried.Advance(batch);
            }
        }

        return loss;
    }

    /// <summary>A schedule may be anybody's: what it gives is looked at, and its exceptions come, before anything has changed.</summary>
    private double CheckedLearningRate() => CurrentLearningRate is >= 0 and <= float.MaxValue and var rate ? rate : throw new InvalidOperationException(
        $"{Schedule!.GetType().Name} gives the learning rate {CurrentLearningRate.ToString(CultureInfo.InvariantCulture)} for step {StepCount} "
            + $"(the optimiser has {Optimizer.LearningRate.ToString(CultureInfo.InvariantCulture)}); it must be a finite number of at least 0. Nothing has changed.");

    private void RunPhases(PhaseRole role)
    {
        int chunks = memory.ChunkCount(lastBatch);
        phaseWork.Prepare();
        for (int phase = 0; phase < training.Phases.Length; phase++)
        {
            PhaseDescription description = training.Phases[phase];
            if (description.Role == role)
            {
                phaseWork.Phase = phase;
                int items = description.Items == 0 ? chunks : description.Items;
                if (IsSmall)
                {
                    phaseWork.Run(0, 0, items);
                }
                else
                {
                    pool.Run(phaseWork, items, bounds[phase]);
                }
            }
        }
    }

    /// <summary>One caller at a time, and none after disposal. Who was at work then ends the threads when it is done with them.</summary>
    private readonly ref struct Guard
    {
        private readonly Trainer<TNetwork> trainer;

        public Guard(Trainer<TNetwork> trainer)
        {
            int before = Interlocked.CompareExchange(ref trainer.occupation, AtWork, Free);
            ObjectDisposedException.ThrowIf(before == Disposed, trainer);
            if (before == AtWork)
            {
                throw new InvalidOperationException("This trainer is at work in another call. A trainer is for one caller at a time; "
                    + "make one for each network.");
            }

            this.trainer = trainer;
        }

        public void Dispose()
        {
            if (Interlocked.CompareExchange(ref trainer.occupation, Free, AtWork) == Disposed)
            {
                trainer.pool.Dispose();
            }
        }
    }

    private sealed unsafe class PhaseWork(Trainer<TNetwork> owner) : PoolWork
    {
        private InstructionPath path;
        private uint seed;
        private AlignedBuffer? parameters;

        public int Phase { get; set; }

        public void Prepare()
        {
            path = owner.Network.InstructionPath;

            // After an update, the last minibatch's gradients still belong to the parameters before it.
            parameters = owner.lastWasUpdate ? owner.updater.Previous : owner.state.Buffer;
            long step = owner.lastWasUpdate ? owner.StepCount - 1 : owner.StepCount;
            seed = (uint)(SplitMix64.Key(owner.Seed, step) >> 32);
        }

        [SkipLocalsInit]
        public override void Run(int worker, int begin, int end)
        {
            TrainingMemory memory = owner.memory;
            TrainingFrame frame = new()
            {
                ParameterPointer = parameters!.Pointer,
                GradientPointer = owner.updater.Gradients.Pointer,
                StaticPointer = memory.Static.Pointer,
                SamplePointer = memory.Samples.Pointer,
                ChunkPointer = memory.Chunks.Pointer,
                ScratchPointer = memory.Scratch[worker].Pointer,
                InputPointer = memory.Inputs.Pointer,
                LabelPointer = memory.Labels.Pointer,
                StatePointer = owner.carried.Begin.Pointer,
                NextStatePointer = owner.carried.End.Pointer,
                Batch = owner.lastBatch,
                Seed = seed,
            };
            TNetwork.RunTraining(path, Phase, in frame, begin, end);
        }
    }
}
