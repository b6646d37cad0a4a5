using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>Where the threads of one piece of work wait for each other. What each wrote before it, all see after it.</summary>
internal sealed class TeamBarrier(int threads)
{
    private readonly object gate = new();
    private readonly int[] processors = new int[threads];
    private Counters counters;

    /// <summary>For the thread of that number.</summary>
    public void Wait(int worker)
    {
        int round = Volatile.Read(ref counters.Round);
        if (Interlocked.Increment(ref counters.Arrived) == threads)
        {
            counters.Arrived = 0;
            Interlocked.Increment(ref counters.Round);
            if (Volatile.Read(ref counters.Sleeping) != 0)
            {
                lock (gate)
                {
                    Monitor.PulseAll(gate);
                }
            }

            return;
        }

        // Not among those to wait for.
        processors[worker] = -1;
        for (Spinner spinner = default; spinner.Spin(processors);)
        {
            if (Volatile.Read(ref counters.Round) != round)
            {
                processors[worker] = Thread.GetCurrentProcessorId();
                return;
            }
        }

        // Somebody has lost the processor. The fences are as in WorkerPool.
        lock (gate)
        {
            Interlocked.Increment(ref counters.Sleeping);
            while (Volatile.Read(ref counters.Round) == round)
            {
                Monitor.Wait(gate);
            }

            Interlocked.Decrement(ref counters.Sleeping);
        }

        processors[worker] = Thread.GetCurrentProcessorId();
    }

    /// <summary>Each in a cache line of its own, so that who waits does not slow down who arrives.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Counters
    {
        [FieldOffset(64)]
        public int Arrived;

        [FieldOffset(128)]
        public int Round;

        [FieldOffset(192)]
        public int Sleeping;
    }
}
