namespace NetCompiler;

/// <summary>A stretch of one parameter that one thread updates.</summary>
/// <param name="Parameter">Its number among the learned ones, in order of storage.</param>
/// <param name="From">First float in the storage.</param>
/// <param name="To">Behind the last.</param>
internal readonly record struct UpdateRange(int Parameter, int From, int To);

/// <summary>
/// Gives each thread the parameters whose gradients it computed, where the plan says which these are: they are in its processor's cache. Any
/// thread would give the same numbers.
/// </summary>
internal static class UpdateRanges
{
    /// <summary>Blocks given to optimisers are multiples of this.</summary>
    public const int Granule = 16;

    /// <summary>Parameters up to this size are not cut.</summary>
    private const int Small = 4096;

    public static UpdateRange[][] Of(NetworkDescription description, TrainingDescription training, int[]?[] bounds, int threads)
    {
        List<UpdateRange>[] ranges = [.. Enumerable.Range(0, threads).Select(_ => new List<UpdateRange>())];
        ParameterDescription[] trained = [.. description.Parameters.Where(p => !p.IsBuffer).OrderBy(p => p.Offset)];
        for (int p = 0; p < trained.Length; p++)
        {
            int from = trained[p].Offset;
            int to = p + 1 < trained.Length ? trained[p + 1].Offset : description.TrainableLength;
            if (threads == 1 || to - from <= Small)
            {
                ranges.MinBy(r => r.Sum(x => x.To - x.From))!.Add(new(p, from, to));
            }
            else if (!AddByItems(ranges, p, from, to, training, bounds))
            {
                int granules = (to - from + Granule - 1) / Granule;
                for (int t = 0; t < threads; t++)
                {
                    Add(ranges[t], p, from + ((int)((long)granules * t / threads) * Granule), Math.Min(to, from + ((int)((long)granules * (t + 1) / threads) * Granule)));
                }
            }
        }

        return [.. ranges.Select(r => r.ToArray())];
    }

    private static bool AddByItems(List<UpdateRange>[] ranges, int parameter, int from, int to, TrainingDescription training, int[]?[] bounds)
    {
        for (int phase = 0; phase < training.Phases.Length; phase++)
        {
            int first = 0;
            foreach (PhaseItems group in training.Phases[phase].Groups ?? [])
            {
                if (group.Offset == from && bounds[phase] is { } limits)
                {
                    int outer = group.Stride * group.Extent;
                    if (group.Length % outer != 0 || group.Stride * group.Block % Granule != 0)
                    {
                        return false;
                    }

                    for (int t = 0; t < ranges.Length; t++)
                    {
                        int begin = Math.Clamp((limits[t] - first) * group.Block, 0, group.Extent);
                        int end = Math.Clamp((limits[t + 1] - first) * group.Block, 0, group.Extent);
                        if (begin >= end)
                        {
                            continue;
                        }

                        for (int at = from; at < from + group.Length; at += outer)
                        {
                            Add(ranges[t], parameter, at + (begin * group.Stride), at + (end * group.Stride));
                        }
                    }

                    // Padding.
                    Add(ranges[^1], parameter, from + group.Length, to);
                    return true;
                }

                first += group.Count;
            }
        }

        return false;
    }

    private static void Add(List<UpdateRange> ranges, int parameter, int from, int to)
    {
        if (from < to)
        {
            ranges.Add(new(parameter, from, to));
        }
    }
}
