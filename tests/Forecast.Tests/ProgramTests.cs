using System.Buffers.Binary;
using System.Globalization;
using Spectre.Console;

namespace Forecast.Tests;

/// <summary>The program from its command line to what it writes.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("forecast").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("lstm")]
    [InlineData("conv")]
    public void It_beats_the_naive_forecast_of_its_own_series(string model)
    {
        var run = Run("--model", model, "--output", _folder);
        Assert.Equal("", run.Errors);
        Assert.Equal(0, run.Code);
        Assert.Contains("a season of 24", run.Output, StringComparison.Ordinal);
        var (network, naive) = (Table(run.Output, model), Table(run.Output, "naive"));
        Assert.Equal(4, network.Length);
        // Even who knew how the series is made would be wrong by 0.7 of the naive errors far ahead, and 0.56 of those one ahead.
        for (var i = 0; i < 4; i++) Assert.True(network[i] < (i < 2 ? 0.9 : 0.75) * naive[i], $"{network[i]} is not well below {naive[i]}");

        var table = Table();
        Assert.Equal(1440 / 5 + 48, table.Length);
        var errors = table.Where(r => r[^3].Length > 0).Select(r => double.Parse(r[^2], CultureInfo.InvariantCulture) - double.Parse(r[^3], CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(network[0], errors.Average(Math.Abs), 0.001);
        Assert.Equal(network[1], Math.Sqrt(errors.Average(e => e * e)), 0.001);
        Assert.Equal("+48", table[^1][0]);
        CheckPicture();
    }

    [Fact]
    public void The_same_seed_gives_the_same_forecast_on_any_number_of_threads()
    {
        string[] arguments = ["--iterations", "30", "--output", _folder, "--seed", "5"];
        string Numbers(params string[] more)
        {
            Assert.Equal(0, Run([.. arguments, .. more]).Code);
            return File.ReadAllText(Path.Combine(_folder, "forecast.csv"));
        }

        var first = Numbers("--threads", "1");
        Assert.Equal(first, Numbers("--threads", "2"));
        arguments[^1] = "6";
        Assert.NotEqual(first, Numbers());
    }

    [Fact]
    public void A_growing_series_from_a_file_is_forecast_beyond_its_end()
    {
        var path = Write("growing.csv", "when;other;sold\n" + string.Concat(Enumerable.Range(0, 160).Select(i => Invariant($"\"week {i}\";x;{Growing(i):F3}\n"))));
        var run = Run("--data", path, "--column", "sold", "--log", "--season", "8", "--horizon", "16", "--iterations", "200", "--output", _folder);
        Assert.Equal("", run.Errors);
        var (network, naive) = (Table(run.Output, "lstm"), Table(run.Output, "naive"));
        Assert.True(network[0] < 0.2 * naive[0], $"{network[0]} is not far below {naive[0]}");
        var table = Table();
        Assert.Equal("week 128", table[0][0]);
        Assert.Equal(32 + 16, table.Length);
        for (var i = 0; i < 16; i++) Assert.Equal(1, double.Parse(table[32 + i][2], CultureInfo.InvariantCulture) / Growing(160 + i), 0.05);
        CheckPicture();

        static double Growing(int i) => 50 * Math.Exp(0.01 * i) * (1.5 + Math.Sin(Math.PI * i / 4));
    }

    [Fact]
    public void The_season_is_found()
    {
        var random = new Random(1);
        double[] Values(Func<int, double> value) => [.. Enumerable.Range(0, 400).Select(i => value(i) + random.NextDouble())];
        Assert.Equal(12, Season.Find(Values(i => (0.1 * i) + (5 * Math.Sin(2 * Math.PI * i / 12)))));
        Assert.Equal(7, Season.Find(Values(i => i % 7 == 0 ? 5 : 0)));

        // Neighbours are alike for long, and each of them is noisy.
        Assert.Equal(100, Season.Find(Values(i => Math.Sin(2 * Math.PI * i / 100))), 2.0);
        Assert.Equal(1, Season.Find(Values(i => 0)));
        Assert.Equal(1, Season.Find(Values(i => 0.5 * i)));
        Assert.Equal(1, Season.Find(new double[100]));
    }

    [SkippableTheory]
    [InlineData("airline-passengers.csv", 12, 0.5)]
    [InlineData("daily-min-temperatures.csv", 365, 0.95)]
    public void It_beats_the_naive_forecast_of_what_happened(string file, int season, double share)
    {
        var path = DataFile(file);
        Skip.If(path is null, $"There is no shared/data/tabular/{file} beside the checkout.");
        var run = Run("--data", path!, "--season", Invariant($"{season}"), "--output", _folder);
        Assert.Equal("", run.Errors);
        var (network, naive) = (Table(run.Output, "lstm"), Table(run.Output, "naive"));
        for (var i = 0; i < 4; i++) Assert.True(network[i] < share * naive[i], $"{network[i]} is not below {share} times {naive[i]}");
    }

    [Fact]
    public void What_is_wrong_is_said_in_a_line()
    {
        Fails("There is no file", "--data", Path.Combine(_folder, "absent.csv"));
        Fails("is empty", "--data", Write("empty.csv", "\n\n"));
        Fails("no values below", "--data", Write("names.csv", "day,sold\n"));
        Fails("line 4, column 'sold': 'n/a' is no number", "--data", Write("text.csv", "day,sold\n1,5\n\n2,n/a\n"));
        Fails("line 3, column 'sold': there is nothing", "--data", Write("gap.csv", "day,sold\n1,5\n2,\n"));
        Fails("line 2, column 'column 1': 'NaN' is not finite", "--data", Write("nan.csv", "5\nNaN\n"));
        Fails("line 3: 1 cell, but the first line has 2: '2'", "--data", Write("short.csv", "day,sold\n1,5\n2\n"));
        Fails("has no column 'bought'. Its columns are 'day', 'sold'", "--data", Write("names.csv", "day,sold\n1,5\n"), "--column", "bought");
        Fails("has no column '3'. Its columns are 1 to 2", "--data", Write("nameless.csv", "1,5\n2,6\n"), "--column", "3");
        Fails("has 2 values", "--data", Write("few.csv", "1\n2\n"), "--season", "1");
        var zero = Path.Combine(_folder, "picture.png");
        File.WriteAllBytes(zero, [0x89, 0x50, 0xff, 0xfe]);
        Fails("is no text", "--data", zero);
        Fails("has the value -1, which has no logarithm", "--data", Write("negative.csv", "1\n-1\n"), "--log");
        Fails("--season must be at least 0, not -1", "--season", "-1");
        Fails("'arima'", "--model", "arima");
    }

    private void CheckPicture()
    {
        var picture = File.ReadAllBytes(Path.Combine(_folder, "forecast.png"));
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], picture[..8]);
        Assert.Equal(Report.Width, BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(16)));
        Assert.Equal(Report.Height, BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(20)));

        // Drawn, not blank.
        using var bitmap = SkiaSharp.SKBitmap.Decode(picture);
        var blue = bitmap.Pixels.Count(p => p.Blue > 200 && p.Red < 60 && p.Green < 60);
        Assert.True(blue > 500, $"{blue} pixels of the forecast's colour");
        Assert.True(bitmap.Pixels.Count(p => p.Red > 250 && p.Green > 250 && p.Blue > 250) > Report.Width * Report.Height / 2);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>The numbers of the row that begins with a name.</summary>
    private static double[] Table(string output, string name)
    {
        var row = output.Split('\n').Single(l => l.StartsWith("│ " + name, StringComparison.Ordinal));
        return [.. row.Split('│')[2..^1].Select(c => double.Parse(c, CultureInfo.InvariantCulture))];
    }

    private string[][] Table() => [.. File.ReadAllLines(Path.Combine(_folder, "forecast.csv"))[1..].Select(l => SplitLast(l))];

    /// <summary>The label, which may hold commas, and three numbers.</summary>
    private static string[] SplitLast(string line)
    {
        var cells = line.Split(',');
        return [string.Join(',', cells[..^3]).Trim('"'), .. cells[^3..]];
    }

    private static string? DataFile(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "shared", "data", "tabular", name);
            if (File.Exists(path)) return path;
        }

        return null;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static void Fails(string message, params string[] args)
    {
        var (code, _, errors) = Run(args);
        Assert.Equal(1, code);
        Assert.StartsWith("error: ", errors, StringComparison.Ordinal);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = 160;
        return (Program.Run(args, console, errors), output.ToString(), errors.ToString());
    }
}
