namespace NetCompiler;

/// <summary>Helps who mistyped a name.</summary>
internal static class NearNames
{
    private const int Shown = 5;

    /// <summary>A sentence with the names nearest to the one that was not found.</summary>
    public static string Suggest(string wanted, IEnumerable<string> names)
    {
        string[] near = [.. names.OrderBy(n => Distance(wanted, n)).ThenBy(n => n, StringComparer.Ordinal).Take(Shown)];
        return near.Length == 0 ? "There are none at all." : $"The nearest names are {string.Join(", ", near.Select(n => $"'{n}'"))}.";
    }

    /// <summary>Edits that turn one name into the other (insert, delete, replace); case counts half.</summary>
    private static int Distance(string a, string b)
    {
        int[] previous = new int[b.Length + 1];
        int[] current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            previous[j] = 2 * j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = 2 * i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = a[i - 1] == b[j - 1] ? 0 : char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 1 : 2;
                current[j] = Math.Min(previous[j - 1] + replace, 2 + Math.Min(previous[j], current[j - 1]));
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
