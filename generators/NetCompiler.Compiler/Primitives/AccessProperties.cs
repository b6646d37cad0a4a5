namespace NetCompiler.Compiler.Primitives;

/// <summary>Questions about places that several stages ask.</summary>
public static class AccessProperties
{
    /// <summary>
    /// The box of the indices and the elements of the value correspond one to one: each index (of more than one turn) is used
    /// once, and in each dimension the indices count in a mixed radix, as in c*H*W + y*W + x.
    /// </summary>
    public static bool IsBijection(this Access access, IReadOnlyList<LoopIndex> indices)
    {
        if (access.Row is not null) return false;
        var used = new HashSet<LoopIndex>();
        for (var d = 0; d < access.Map.Count; d++)
        {
            if (!IsMixedRadix(access.Map[d], access.Value.Shape[d])) return false;
            foreach (var (index, _) in access.Map[d].Terms)
                if (!used.Add(index)) return false;
        }

        return indices.All(i => i.Extent == 1 || used.Contains(i));
    }

    /// <summary>Takes each value from 0 to extent - 1 once over the box of its indices.</summary>
    public static bool IsMixedRadix(Affine map, int extent)
    {
        if (map.Constant != 0) return false;
        var radix = 1;
        foreach (var (index, coefficient) in map.TermsBySize())
        {
            if (coefficient != radix) return false;
            radix *= index.Extent;
        }

        return radix == extent;
    }

    /// <summary>Points that differ in any of its indices have different elements.</summary>
    public static bool IsInjective(this Access access)
    {
        if (access.Row is not null) return false;
        for (var d = 0; d < access.Map.Count; d++)
        {
            if (!access.Map[d].IsInjective()) return false;
            for (var e = 0; e < d; e++)
                foreach (var (index, _) in access.Map[d].Terms)
                    if (access.Map[e].Uses(index)) return false;
        }

        return true;
    }

    /// <summary>Mixed radix: sorted by size, each coefficient must exceed what all smaller ones can reach.</summary>
    public static bool IsInjective(this Affine place)
    {
        if (place.Terms.Count < 2) return true;
        long reach = 0;
        foreach (var (index, coefficient) in place.TermsBySize())
        {
            if (index.Extent == 1) continue;
            if (Math.Abs(coefficient) <= reach) return false;
            reach += (long)Math.Abs(coefficient) * (index.Extent - 1);
        }

        return true;
    }
}
