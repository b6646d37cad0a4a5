namespace NetCompiler;

/// <summary>Helps who mistyped a name.</summary>
internal static class NearNames
{
    private const int Named = 5;

    /// <summary>A file of a hundred megabytes may have a million names; looking at all would take half a minute.</summary>
    private const int MostLookedAt = 10_000;

    /// <summary>A sentence with the names nearest to the one that was not found.</summary>
    public static string Suggest(string wanted, IEnumerable<string> names)
    {
        if (!names.Any())
        {
            return "There are none at all.";
        }

        // A name that cannot be shown whole is of no help.
        string start = wanted[..Math.Min(wanted.Length, Shown.Most)];
        string[] near =
        [
            .. names.Take(MostLookedAt).Where(n => n.Length <= Shown.Most).OrderBy(n => Distance(start, n)).ThenBy(n => n, StringComparer.Ordinal).Take(Named),
        ];
        string among = names.Skip(MostLookedAt).Any() ? $" among the first {MostLookedAt}" : "";
        return near.Length == 0 ? $"All names{among} are longer than {Shown.Most} characters." : $"The nearest names{among} are {string.Join(", ", near.Select(n => $"'{n}'"))}.";
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
