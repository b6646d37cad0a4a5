using System.Runtime.ExceptionServices;

namespace NetCompiler;

/// <summary>Work that can be done in independent items.</summary>
internal abstract class PoolWork
{
    /// <summary>Does the items [begin, end) on the thread of that number.</summary>
    public abstract void Run(int worker, int begin, int end);
}

/// <summary>
/// A few threads that share each piece of work by fixed ranges of its items. Training and predicting give them thousands of short pieces a second,
/// so they spin briefly between pieces before they sleep. The calling thread is worker 0; with one thread there are no others.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    private readonly Core core;

    /// <summary>More are a mistake, and would end the process: each has a stack.</summary>
    private const int Most = 1024;

    public WorkerPool(int threads)
    {
        Threads = threads;
        core = new Core(threads);
        for (int i = 1; i < threads; i++)
        {
            int worker = i;
            Core shared = core;
            Thread thread = new(() => shared.WorkerLoop(worker)) { IsBackground = true, Name = $"NetCompiler {worker}" };
            thread.Start();
        }
    }

    // The threads hold the core only, so that a pool that nobody disposed can still be collected, and then ends them.
#pragma warning disable MA0055 // A finalizer that only sets a flag and wakes threads is what this needs.
    ~WorkerPool() => core.Stop();
#pragma warning restore MA0055

    public int Threads { get; }

    /// <summary>Checks how many threads a user wants, and gives how many that are.</summary>
    /// <param name="threads">0: one for each processor.</param>
    /// <param name="name">What the user knows the number as.</param>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or too many.</exception>
    public static int Count(int threads, string name) => threads switch
    {
        0 => Environment.ProcessorCount,
        > 0 and <= Most => threads,
        _ => throw new ArgumentOutOfRangeException(name, threads, $"The number of threads must be from 1 to {Most}, or 0 for one for each processor."),
    };

    /// <summary>Does all items and returns when they are done. The exception of the lowest worker that had one is thrown again.</summary>
    /// <param name="work">What is done.</param>
    /// <param name="items">Number of items.</param>
    /// <param name="bounds">Where each worker's items begin, and the last one's end; null: all have equally many.</param>
    public void Run(PoolWork work, int items, int[]? bounds = null)
    {
        if (Threads == 1 || items <= 1)
        {
            work.Run(0, 0, items);
        }
        else
        {
            core.Run(work, items, bounds);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Ends the threads. Not while <see cref="Run"/> is at work, which would wait for them for ever.</summary>
    public void Dispose()
    {
        core.Stop();
        GC.SuppressFinalize(this);
    }

    private sealed class Core(int threads)
    {
        private readonly object gate = new();
        private readonly Exception?[] errors = new Exception?[threads];

        // Where each thread was last seen; the caller's is the first.
        private readonly int[] processors = new int[threads];
        private PoolWork? work;
        private int items;
        private int[]? bounds;
        private int generation;
        private int pending;
        private int sleeping;
        private int callerSleeping;
        private volatile bool stopping;

        public void Run(PoolWork newWork, int newItems, int[]? newBounds)
        {
            work = newWork;
            items = newItems;
            bounds = newBounds;
            Volatile.Write(ref pending, threads - 1);
            processors[0] = Thread.GetCurrentProcessorId();
            Publish();
            RunShare(0);
            WaitForOthers();
            work = null;
            ThrowFirstError();
        }

        public void Stop()
        {
            stopping = true;
            Publish();
        }

        public void WorkerLoop(int worker)
        {
            int seen = 0;
            while (true)
            {
                WaitForNext(seen);
                seen++;
                processors[worker] = Thread.GetCurrentProcessorId();
                if (stopping)
                {
                    return;
                }

                RunShare(worker);
                if (Interlocked.Decrement(ref pending) == 0 && Volatile.Read(ref callerSleeping) != 0)
                {
                    WakeAll();
                }
            }
        }

        private void RunShare(int worker)
        {
            int begin = bounds is null ? (int)((long)items * worker / threads) : bounds[worker];
            int end = bounds is null ? (int)((long)items * (worker + 1) / threads) : bounds[worker + 1];
            try
            {
                if (begin < end)
                {
                    work!.Run(worker, begin, end);
                }
            }
#pragma warning disable CA1031 // Whatever it is, it must not end this thread; the caller throws it again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                errors[worker] = e;
            }
        }

        // The counter goes up before anyone looks whether somebody sleeps, and a sleeper says so before it looks at the counter once
        // more. Both are full fences, so one of the two always sees the other.
        private void Publish()
        {
            Interlocked.Increment(ref generation);
            if (Volatile.Read(ref sleeping) != 0)
            {
                WakeAll();
            }
        }

        private void WaitForNext(int seen)
        {
            for (Spinner spinner = default; spinner.Spin(processors.AsSpan(0, 1));)
            {
                if (Volatile.Read(ref generation) != seen)
                {
                    return;
                }
            }

            lock (gate)
            {
                Interlocked.Increment(ref sleeping);
                while (Volatile.Read(ref generation) == seen)
                {
                    Monitor.Wait(gate);
                }

                Interlocked.Decrement(ref sleeping);
            }
        }

        private void WaitForOthers()
        {
            for (Spinner spinner = default; spinner.Spin(processors.AsSpan(1));)
            {
                if (Volatile.Read(ref pending) == 0)
                {
                    return;
                }
            }

            lock (gate)
            {
                Interlocked.Exchange(ref callerSleeping, 1);
                while (Volatile.Read(ref pending) != 0)
                {
                    Monitor.Wait(gate);
                }

                callerSleeping = 0;
            }
        }

        private void WakeAll()
        {
            lock (gate)
            {
                Monitor.PulseAll(gate);
            }
        }

        private void ThrowFirstError()
        {
            Exception? first = null;
            for (int i = 0; i < errors.Length; i++)
            {
                first ??= errors[i];
                errors[i] = null;
            }

            if (first is not null)
            {
                ExceptionDispatchInfo.Throw(first);
            }
        }
    }
}
