namespace NetCompiler;

/// <summary>
/// Patterns for parameter names: <c>*</c> is any characters, <c>?</c> any one; a pattern also matches all that is
/// inside the module it names (<c>Stem</c> matches <c>Stem.0.weight</c>).
/// </summary>
internal static class NamePattern
{
    public static bool Matches(string pattern, string name)
    {
        for (int end = name.Length; end > 0; end = name.LastIndexOf('.', end - 1))
        {
            if (MatchesWhole(pattern, name.AsSpan(0, end)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Greedy matching that goes back to the last star: linear for one star, at worst quadratic.</summary>
    private static bool MatchesWhole(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int p = 0, n = 0, star = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = n;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == name[n]))
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }
}
