namespace NetCompiler;

/// <summary>Spreads the items of a phase over threads so that each has about as much to do.</summary>
internal static class PhaseBounds
{
    /// <summary>Where each thread's items begin, and the last one's end; null: all items are alike.</summary>
    public static int[]? Of(PhaseDescription phase, int threads)
    {
        if (phase.Groups is not { } groups || threads == 1)
        {
            return null;
        }

        double total = groups.Sum(g => (double)g.Count * g.Cost);
        int[] bounds = new int[threads + 1];
        int item = 0;
        int thread = 1;
        double before = 0;
        foreach (PhaseItems group in groups)
        {
            for (int i = 0; i < group.Count; i++, item++)
            {
                // The item goes to the thread in whose share its middle is.
                while (thread < threads && before + (group.Cost / 2.0) >= total * thread / threads)
                {
                    bounds[thread++] = item;
                }

                before += group.Cost;
            }
        }

        bounds.AsSpan(thread).Fill(item);
        return bounds;
    }
}
