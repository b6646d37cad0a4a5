using System.Buffers.Binary;
using System.Globalization;

namespace Forecast.Tests;

/// <summary>The program from its command line to what it writes.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("lstm")]
    [InlineData("conv")]
    public async Task It_beats_the_naive_forecast_of_its_own_series(string model)
    {
        var run = await Run("--model", model, "--output", _folder.Path);
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
    public async Task The_same_seed_gives_the_same_forecast_on_any_number_of_threads()
    {
        string[] arguments = ["--iterations", "30", "--output", _folder.Path, "--seed", "5"];
        async Task<string> NumbersAsync(params string[] more)
        {
            Assert.Equal(0, (await Run([.. arguments, .. more])).Code);
            return File.ReadAllText(_folder.File("forecast.csv"));
        }

        var first = await NumbersAsync("--threads", "1");
        Assert.Equal(first, await NumbersAsync("--threads", "2"));
        arguments[^1] = "6";
        Assert.NotEqual(first, await NumbersAsync());
    }

    [Fact]
    public async Task A_growing_series_from_a_file_is_forecast_beyond_its_end()
    {
        var path = _folder.Write("growing.csv", "when;other;sold\n" + string.Concat(Enumerable.Range(0, 160).Select(i => Invariant($"\"week {i}\";x;{Growing(i):F3}\n"))));
        var run = await Run("--data", path, "--column", "sold", "--log", "--season", "8", "--horizon", "16", "--iterations", "200", "--output", _folder.Path);
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
    public async Task It_beats_the_naive_forecast_of_what_happened(string file, int season, double share)
    {
        var run = await Run("--data", Repository.RequireData("tabular/" + file), "--season", Invariant($"{season}"), "--output", _folder.Path);
        Assert.Equal("", run.Errors);
        var (network, naive) = (Table(run.Output, "lstm"), Table(run.Output, "naive"));
        for (var i = 0; i < 4; i++) Assert.True(network[i] < share * naive[i], $"{network[i]} is not below {share} times {naive[i]}");
    }

    [Fact]
    public async Task What_is_wrong_is_said_in_a_line()
    {
        await Fails("There is no file", "--data", _folder.File("absent.csv"));
        await Fails("is empty", "--data", _folder.Write("empty.csv", "\n\n"));
        await Fails("no values below", "--data", _folder.Write("names.csv", "day,sold\n"));
        await Fails("line 4, column 'sold': 'n/a' is no number", "--data", _folder.Write("text.csv", "day,sold\n1,5\n\n2,n/a\n"));
        await Fails("line 3, column 'sold': there is nothing", "--data", _folder.Write("gap.csv", "day,sold\n1,5\n2,\n"));
        await Fails("line 2, column 'column 1': 'NaN' is not finite", "--data", _folder.Write("nan.csv", "5\nNaN\n"));
        await Fails("line 3: 1 cell, but the first line has 2: '2'", "--data", _folder.Write("short.csv", "day,sold\n1,5\n2\n"));
        await Fails("has no column 'bought'. Its columns are 'day', 'sold'", "--data", _folder.Write("names.csv", "day,sold\n1,5\n"), "--column", "bought");
        await Fails("has no column '3'. Its columns are 1 to 2", "--data", _folder.Write("nameless.csv", "1,5\n2,6\n"), "--column", "3");
        await Fails("has 2 values", "--data", _folder.Write("few.csv", "1\n2\n"), "--season", "1");
        var zero = _folder.File("picture.png");
        File.WriteAllBytes(zero, [0x89, 0x50, 0xff, 0xfe]);
        await Fails("is no text", "--data", zero);
        await Fails("has the value -1, which has no logarithm", "--data", _folder.Write("negative.csv", "1\n-1\n"), "--log");
        await Fails("--season must be from 0 to 1000000, not -1", "--season", "-1");
        await Fails("--horizon must be from 0 to 1000000, not 2000000000", "--horizon", "2000000000");
        await Fails("'-2e+200' is beyond what can be learned", "--data", _folder.Write("large.csv", "5\n-2e+200\n"));
        await Fails("--output is empty", "--output", "");
        await Fails("Cannot write to the folder", "--output", _folder.Write("file.txt", ""));
        await Fails("'arima'", "--model", "arima");
    }

    [Fact]
    public async Task Ctrl_C_ends_the_training()
    {
        var training = await ProgramRun.StoppedAsync((console, _, errors, stop) => Program.RunAsync(["--iterations", "1000000", "--output", _folder.Path], console, errors, stop));
        Assert.Equal(130, training.Code);
        Assert.Empty(_folder.Files);
    }

    private void CheckPicture()
    {
        var picture = File.ReadAllBytes(_folder.File("forecast.png"));
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], picture[..8]);
        Assert.Equal(Report.Width, BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(16)));
        Assert.Equal(Report.Height, BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(20)));

        // Drawn, not blank.
        using var bitmap = SkiaSharp.SKBitmap.Decode(picture);
        var blue = bitmap.Pixels.Count(p => p.Blue > 200 && p.Red < 60 && p.Green < 60);
        Assert.True(blue > 500, $"{blue} pixels of the forecast's colour");
        Assert.True(bitmap.Pixels.Count(p => p.Red > 250 && p.Green > 250 && p.Blue > 250) > Report.Width * Report.Height / 2);
    }

    /// <summary>The numbers of the row that begins with a name.</summary>
    private static double[] Table(string output, string name)
    {
        var row = output.Split('\n').Single(l => l.StartsWith("│ " + name, StringComparison.Ordinal));
        return [.. row.Split('│')[2..^1].Select(c => double.Parse(c, CultureInfo.InvariantCulture))];
    }

    private string[][] Table() => [.. File.ReadAllLines(_folder.File("forecast.csv"))[1..].Select(l => SplitLast(l))];

    /// <summary>The label, which may hold commas, and three numbers.</summary>
    private static string[] SplitLast(string line)
    {
        var cells = line.Split(',');
        return [string.Join(',', cells[..^3]).Trim('"'), .. cells[^3..]];
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static async Task Fails(string message, params string[] args) => (await Run(args)).HasFailed(message);

    private static Task<ProgramRun> Run(params string[] args) => ProgramRun.OfAsync((console, _, errors) => Program.RunAsync(args, console, errors));
}
