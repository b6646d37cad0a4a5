using System.Globalization;
using System.Text;

namespace Digits.Reporting;

/// <summary>How often each digit was read as which.</summary>
internal sealed class ConfusionMatrix
{
    private readonly int[,] _counts = new int[10, 10];

    public int Total { get; private set; }

    public int Right { get; private set; }

    public double Accuracy => Total == 0 ? 0 : (double)Right / Total;

    public int this[int digit, int readAs] => _counts[digit, readAs];

    public void Add(int digit, int readAs)
    {
        _counts[digit, readAs]++;
        Total++;
        if (digit == readAs)
            Right++;
    }

    /// <summary>The matrix as lines of Spectre.Console markup of equal width, without colours where the terminal has none.</summary>
    public IEnumerable<string> ToMarkup()
    {
        var widest = 0;
        foreach (var count in _counts)
            widest = Math.Max(widest, count);
        var width = Math.Max(4, widest.ToString(CultureInfo.InvariantCulture).Length + 1);
        var line = new StringBuilder("[grey]is \\ read[/] ");
        for (var readAs = 0; readAs < 10; readAs++)
            line.Append(CultureInfo.InvariantCulture, $"[bold]{readAs.ToString(CultureInfo.InvariantCulture).PadLeft(width)}[/]");
        yield return line.Append("   [grey]right[/]").ToString();

        for (var digit = 0; digit < 10; digit++)
        {
            var sum = 0;
            line.Clear().Append(CultureInfo.InvariantCulture, $"[bold]{digit,9}[/] ");
            for (var readAs = 0; readAs < 10; readAs++)
            {
                var count = _counts[digit, readAs];
                sum += count;
                var text = (count == 0 ? "." : count.ToString(CultureInfo.InvariantCulture)).PadLeft(width);
                line.Append(CultureInfo.InvariantCulture, $"[{Colour(digit == readAs, count)}]{text}[/]");
            }
            var share = sum == 0 ? "-" : (100.0 * _counts[digit, digit] / sum).ToString("0.0", CultureInfo.InvariantCulture) + " %";
            yield return line.Append(CultureInfo.InvariantCulture, $"{share,9}").ToString();
        }
    }

    private static string Colour(bool right, int count) => (right, count) switch
    {
        (_, 0) => "grey35",
        (true, _) => "green",
        (false, <= 2) => "darkorange3",
        (false, <= 9) => "orange1",
        _ => "red1",
    };
}
