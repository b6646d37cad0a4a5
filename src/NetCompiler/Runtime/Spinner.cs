using System.Diagnostics;

namespace NetCompiler;

/// <summary>
/// How a thread waits for another that will be ready soon: without letting go of the processor, since a call of the operating system takes
/// longer than most waits. Not for long, and not where the other one could run on this very processor.
/// </summary>
internal struct Spinner
{
    /// <summary>Pauses between two looks at the clock.</summary>
    private const int Stretch = 32;

    private static readonly bool Alone = Environment.ProcessorCount == 1;

    // About the time that a thread needs to fall asleep and be woken; longer would only heat the room.
    private static readonly long Limit = Stopwatch.Frequency / 1_000_000 * 150;

    private long start;
    private int count;

    /// <summary>Waits a moment; false: it is time to sleep.</summary>
    /// <param name="others">The processors that the others were last seen on.</param>
    public bool Spin(ReadOnlySpan<int> others)
    {
        if (Alone)
        {
            return false;
        }

        if (++count == Stretch)
        {
            count = 0;
            long now = Stopwatch.GetTimestamp();
            if (start == 0)
            {
                start = now;
            }

            if (now - start > Limit || others.Contains(Thread.GetCurrentProcessorId()))
            {
                return false;
            }
        }

        Thread.SpinWait(1);
        return true;
    }
}
