using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>Where the threads of one piece of work wait for each other. What each wrote before it, all see after it.</summary>
internal sealed class TeamBarrier(int threads)
{
    private Counters counters;

    public void Wait()
    {
        int round = Volatile.Read(ref counters.Round);
        if (Interlocked.Increment(ref counters.Arrived) == threads)
        {
            counters.Arrived = 0;
            Interlocked.Increment(ref counters.Round);
            return;
        }

        for (Spinner spinner = default; spinner.Spin();)
        {
            if (Volatile.Read(ref counters.Round) != round)
            {
                return;
            }
        }

        // Somebody has lost the processor.
        SpinWait wait = default;
        while (Volatile.Read(ref counters.Round) == round)
        {
            wait.SpinOnce();
        }
    }

    /// <summary>Each in a cache line of its own, so that who waits does not slow down who arrives.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Counters
    {
        [FieldOffset(64)]
        public int Arrived;

        [FieldOffset(128)]
        public int Round;
    }
}
