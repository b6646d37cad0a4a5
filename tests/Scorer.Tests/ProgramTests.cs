using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Scorer.Data;
using Scorer.Serving;
using Scorer.Tests.Serving;

namespace Scorer.Tests;

/// <summary>The program from its command line to what it writes.</summary>
public sealed partial class ProgramTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Task<ProgramRun> RunAsync(params string[] args) => ProgramRun.OfAsync((console, _, errors) => Program.RunAsync(args, console, errors));

    private static double Figure(string output, string name) =>
        double.Parse(Regex.Match(output, Regex.Escape(name) + @"\D+([0-9.]+)").Groups[1].Value, CultureInfo.InvariantCulture);

    [Fact]
    public async Task It_learns_payments_that_it_makes_itself()
    {
        var (code, output, errors) = await RunAsync("train", "--model", _folder.Path, "--epochs", "4", "--threads", "1");
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("Data: 40,000 payments made by this program (seed 42), 40,000 rows", output, StringComparison.Ordinal);
        Assert.Equal(4, Regex.Count(output, @"^epoch ", RegexOptions.Multiline));
        Assert.True(Figure(output, "with a limit of one half") > Figure(output, "always saying the same") + 3, output);
        Assert.InRange(Figure(output, "area under the ROC curve"), 0.9, 1);
        var weights = await File.ReadAllBytesAsync(_folder.File("scorer.safetensors"));

        // The same again, on other threads.
        Assert.Equal(0, (await RunAsync("train", "--model", _folder.Path, "--epochs", "4", "--threads", "2")).Code);
        Assert.Equal(weights, await File.ReadAllBytesAsync(_folder.File("scorer.safetensors")));
        Assert.Equal(["scorer.json", "scorer.safetensors"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    /// <summary>Real tables, and less than what such a network reaches in more time.</summary>
    [SkippableTheory]
    [InlineData("california-housing.csv", "--label median_house_value --above 200000", "median_house_value above 200000", 0.9)]
    [InlineData("adult.with-schema.txt.gz", "--label Label", "Label above 0.5", 0.88)]
    public async Task It_learns_tables_of_others(string file, string label, string meaning, double auc)
    {
        var table = Repository.RequireData("tabular/" + file);
        var (code, output, errors) = await RunAsync(["train", "--data", table, .. label.Split(' '), "--model", _folder.Path, "--epochs", "3"]);
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains($"To predict: {meaning}", output, StringComparison.Ordinal);
        Assert.InRange(Figure(output, "area under the ROC curve"), auc, 1);

        // Its own rows can be sent to it.
        var model = ScorerModel.Load(_folder.Path);
        var rows = CsvTable.Read(table);
        await using var served = await Served.StartAsync(model: model);
        var answer = await served.JsonAsync("/score", LoadTest.Rows.Json(model.Schema, rows, rows.Rows[0], labelled: false));
        Assert.InRange(answer.GetProperty("score").GetSingle(), 0f, 1f);
    }

    [Fact]
    public async Task The_sample_file_has_the_rows_that_it_writes()
    {
        var (code, output, _) = await RunAsync("rows");
        Assert.Equal(0, code);
        Assert.Equal(await File.ReadAllTextAsync(Repository.File("samples/Scorer/transactions.csv")), output);
        Assert.NotEqual(output, (await RunAsync("rows", "--shifted")).Output);
        Assert.Equal(4, (await RunAsync("rows", "--count", "3")).Output.Count(c => c == '\n'));
    }

    [Theory]
    [InlineData("There is no file absent.csv", "train --data absent.csv")]
    [InlineData("--epochs must be from 1 to 1000, not 0", "train --epochs 0")]
    [InlineData("--model is empty", "train --model ")]
    [InlineData("Cannot write to the folder", "train --model Scorer.Tests.dll/model")]
    [InlineData("There is no scorer.json with scorer.safetensors", "serve --model absent")]
    [InlineData("--url must be like http://127.0.0.1:5080, not 'ftp://x'", "serve --url ftp://x")]
    [InlineData("--url must be like http://127.0.0.1:5080, not 'http://127.0.0.1:5080/scores'", "serve --url http://127.0.0.1:5080/scores")]
    [InlineData("not 'http://127.0.0.1:5080?port=1'", "serve --url http://127.0.0.1:5080?port=1")]
    [InlineData("not 'http://localhost:0'", "serve --url http://localhost:0")]
    [InlineData("--max-rows must be from 1", "serve --max-rows 0")]
    [InlineData("--help shows what there is", "judge")]
    public async Task Mistakes_are_one_line_and_exit_code_1(string expected, string args) => (await RunAsync(args.Split(' '))).HasFailed(expected);

    [Fact]
    public async Task A_few_rows_are_too_few()
    {
        await File.WriteAllTextAsync(_folder.File("few.csv"), Transactions.ToCsv(Transactions.Make(19, seed: 42)));
        (await RunAsync("train", "--data", _folder.File("few.csv"), "--label", "fraud", "--model", _folder.Path)).HasFailed("has 19 rows; at least 20 are needed");
    }

    [Fact]
    public async Task An_address_of_another_machine_is_one_line_and_exit_code_1()
    {
        Served.Model.Save(_folder.Path);
        (await RunAsync("serve", "--model", _folder.Path, "--url", "http://1.2.3.4:1")).HasFailed("Cannot listen at http://1.2.3.4:1: ");
    }

    [Fact]
    public async Task Numbers_that_are_too_large_leave_the_model_that_there_was()
    {
        Served.Model.Save(_folder.Path);
        var rows = Enumerable.Range(0, 40).Select(i => $"{(i % 4) switch { 0 => "1e308", 1 => "-1e308", _ => "1" }},{i % 2}");
        await File.WriteAllTextAsync(_folder.File("huge.csv"), "n,y\n" + string.Join('\n', rows));
        (await RunAsync("train", "--data", _folder.File("huge.csv"), "--label", "y", "--model", _folder.Path)).HasFailed("n is 1e308 somewhere, beyond what can be learned");
        Assert.Equal(Served.Model.Schema.Columns.Length, ScorerModel.Load(_folder.Path).Schema.Columns.Length);
    }

    [Fact]
    public void A_schema_that_cannot_be_written_leaves_the_model_that_there_was()
    {
        Served.Model.Save(_folder.Path);
        var broken = Served.Model.Schema with { Columns = [new Column("n", 0, double.PositiveInfinity, 1, null)] };
        Assert.ThrowsAny<Exception>(() => new ScorerModel(broken, new RiskNet(seed: 3)).Save(_folder.Path));
        Assert.Equal(Served.Model.Network.Parameters[0].ToArray(), ScorerModel.Load(_folder.Path).Network.Parameters[0].ToArray());
        Assert.Equal(["scorer.json", "scorer.safetensors"], _folder.Files);
    }

    [Fact]
    public void A_model_is_a_pair_of_files_of_one_training()
    {
        Served.Model.Save(_folder.Path);
        var again = ScorerModel.Load(_folder.Path);
        Assert.Equal(Served.Model.Network.Parameters.SelectMany(p => p.ToArray()), again.Network.Parameters.SelectMany(p => p.ToArray()));
        Assert.Equal(JsonSerializer.Serialize(new SavedSchema("", Served.Model.Schema), ModelJson.Default.SavedSchema), JsonSerializer.Serialize(new SavedSchema("", again.Schema), ModelJson.Default.SavedSchema));

        var schema = File.ReadAllText(_folder.File("scorer.json"));
        foreach (var (pattern, wrong, fault) in new[]
        {
            ("\"slot\": 1,", "\"slot\": 999,", "begin at 999, and those before it end at 1"), ("\"scale\": [0-9.]+", "\"scale\": 0", "is 0, which is not above 0"),
            ("\"scale\": [0-9.]+", "\"scale\": 1e999", "is not finite"), ("\"mean\": [0-9.]+", "\"mean\": -1e999", "is not finite"),
            ("\"categories\": \\[\\s*\"", "\"categories\": [null, \"", "null stands"),
        })
        {
            var changed = new Regex(pattern).Replace(schema, wrong, 1);
            Assert.NotEqual(schema, changed);
            File.WriteAllText(_folder.File("scorer.json"), changed);
            Assert.Contains(fault, Assert.Throws<UserErrorException>(() => ScorerModel.Load(_folder.Path)).Message, StringComparison.Ordinal);
        }

        File.WriteAllText(_folder.File("scorer.json"), schema);
        new RiskNet(seed: 3).Save(_folder.File("scorer.safetensors"));
        Assert.Contains("not of one training run", Assert.Throws<UserErrorException>(() => ScorerModel.Load(_folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder.File("scorer.json"), "{\"schema\":");
        Assert.Contains("cannot be read", Assert.Throws<UserErrorException>(() => ScorerModel.Load(_folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder.File("scorer.json"), "{}");
        Assert.Contains("cannot be read", Assert.Throws<UserErrorException>(() => ScorerModel.Load(_folder.Path)).Message, StringComparison.Ordinal);
        File.Delete(_folder.File("scorer.json"));
        Assert.Contains("There is no scorer.json", Assert.Throws<UserErrorException>(() => ScorerModel.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task It_serves_until_the_system_ends_it_and_keeps_what_it_learned()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no such signal.");
        Served.Model.Save(_folder.Path);
        using var process = StartServing("--publish-every", "256");
        try
        {
            var address = await AddressAsync(process);

            // The connection stays open, as those of clients do.
            using var client = new HttpClient { BaseAddress = new Uri(address) };
            await PostAsync(client, "/train", Served.Rows(512, seed: 1, labelled: true, shifted: true));
            await PostAsync(client, "/score", Served.Row());
            await TerminateAsync(process);
            var rest = await process.StandardOutput.ReadToEndAsync().WaitAsync(Served.Patience);
            await process.WaitForExitAsync().WaitAsync(Served.Patience);
            Assert.Equal(0, process.ExitCode);
            Assert.Contains("Network 3, trained while serving, is in ", rest, StringComparison.Ordinal);
            Assert.EndsWith("Stopped.\n", rest, StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
        Assert.NotEqual(Served.Model.Network.Parameters[0].ToArray(), ScorerModel.Load(_folder.Path).Network.Parameters[0].ToArray());
    }

    /// <summary>A process of its own: what it does with processors must not be done to the tests.</summary>
    [SkippableFact]
    public async Task Threads_that_answer_have_processors_of_their_own()
    {
        Skip.If(OwnProcessors.Obstacle() is not null, $"It cannot be had here: {OwnProcessors.Obstacle()}.");
        Served.Model.Save(_folder.Path);
        using var process = StartServing("--own-processors");
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(await AddressAsync(process)) };
            await PostAsync(client, "/score", Served.Row());

            // It looks for new threads each second.
            (string Name, string Processors)[] threads = [];
            var isPlaced = SpinWait.SpinUntil(
                () =>
                {
                    Thread.Sleep(100);
                    threads = ThreadsOf(process.Id);
                    var processors = threads.ToLookup(t => t.Name is ".NET Sockets" or "awake" ? t.Name : "others", t => t.Processors);
                    var (sockets, awake, others) = (processors[".NET Sockets"].ToHashSet(), processors["awake"].ToHashSet(), processors["others"].ToHashSet());
                    return sockets.Count > 0 && sockets.IsSubsetOf(awake) && awake.All(p => int.TryParse(p, out _)) && others.Count == 1 && !awake.Overlaps(others);
                },
                Served.Patience);
            Assert.True(isPlaced, string.Join(", ", threads));

            await TerminateAsync(process);
            await process.WaitForExitAsync().WaitAsync(Served.Patience);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>Names of a process's threads, and the processors that each may use.</summary>
    private static (string Name, string Processors)[] ThreadsOf(int process) =>
    [
        .. Directory.GetDirectories($"/proc/{process}/task").Select(StatusOf).OfType<string>().Select(status => (Field(status, "Name"), Field(status, "Cpus_allowed_list"))),
    ];

    private static string Field(string status, string name) => Regex.Match(status, $@"^{name}:\t(.*)$", RegexOptions.Multiline).Groups[1].Value;

    /// <summary>Null of a thread that has ended since.</summary>
    private static string? StatusOf(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "status"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private Process StartServing(params string[] options) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Scorer.dll"), "serve", "--model", _folder.Path, "--url", "http://127.0.0.1:0", .. options])
        {
            RedirectStandardOutput = true,
        })!;

    private static async Task<string> AddressAsync(Process process) =>
        Address().Match((await process.StandardOutput.ReadLineAsync().WaitAsync(Served.Patience))!).Groups[1].Value;

    private static async Task PostAsync(HttpClient client, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        (await client.PostAsync(new Uri(path, UriKind.Relative), content)).EnsureSuccessStatusCode().Dispose();
    }

    private static async Task TerminateAsync(Process process)
    {
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    [GeneratedRegex(@"^Scoring at (\S+):")]
    private static partial Regex Address();
}
