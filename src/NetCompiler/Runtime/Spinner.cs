using System.Diagnostics;

namespace NetCompiler;

/// <summary>
/// How a thread waits for another that will be ready soon: first without letting go of the processor, since a call of the operating system
/// takes longer than most waits; then letting others run; then no longer.
/// </summary>
internal struct Spinner
{
    /// <summary>Pauses between two looks at the clock.</summary>
    private const int Stretch = 32;

    private static readonly bool Alone = Environment.ProcessorCount == 1;
    private static readonly long KeepFor = Stopwatch.Frequency / 1_000_000 * 30;

    // About the time that a thread needs to fall asleep and be woken; longer would only heat the room.
    private static readonly long GiveUpAfter = Stopwatch.Frequency / 1_000_000 * 150;

    private long start;
    private int count;
    private bool yields;

    /// <summary>Waits a moment; false: it is time to sleep.</summary>
    public bool Spin()
    {
        if (Alone)
        {
            return false;
        }

        if (count++ % Stretch == Stretch - 1)
        {
            long now = Stopwatch.GetTimestamp();
            if (start == 0)
            {
                start = now;
            }

            if (now - start > GiveUpAfter)
            {
                return false;
            }

            yields = now - start > KeepFor;
        }

        if (yields)
        {
            Thread.Yield();
        }
        else
        {
            Thread.SpinWait(1);
        }

        return true;
    }
}
