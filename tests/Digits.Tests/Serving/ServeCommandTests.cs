using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Digits.Tests.Serving;

/// <summary>The command <c>serve</c> from its command line to its end.</summary>
[Collection(ServedDigitsTests.Name)]
public sealed partial class ServeCommandTests(ServedDigits served)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>What a program writes, for a test that waits for some of it.</summary>
    private sealed class Output : TextWriter
    {
        private readonly StringBuilder _text = new();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            lock (_text)
                _text.Append(value);
        }

        public override string ToString()
        {
            lock (_text)
                return _text.ToString();
        }

        /// <summary>The address, once the program has told it.</summary>
        public async Task<Uri> AddressAsync(Task program)
        {
            var clock = Stopwatch.StartNew();
            while (true)
            {
                if (Address().Match(ToString()) is { Success: true } match)
                    return new Uri(match.Groups[1].Value);
                Assert.False(program.IsCompleted || clock.Elapsed > Patience, "No address was told: " + this);
                await Task.Delay(20);
            }
        }
    }

    private static Task<int> Start(Output output, TextWriter errors, CancellationToken stop, params string[] args) =>
        Program.RunAsync(["serve", .. args], ProgramRun.ConsoleOf(output), errors, stop);

    [Fact]
    public async Task Serves_the_saved_network_until_it_is_stopped()
    {
        using var output = new Output();
        using var errors = new StringWriter();
        using var stop = new CancellationTokenSource();
        var program = Start(output, errors, stop.Token, "--output", served.Folder, "--port", "0");
        var address = await output.AddressAsync(program);
        Assert.True(address.IsLoopback);
        Assert.DoesNotContain("training", output.ToString(), StringComparison.OrdinalIgnoreCase);
        using (var client = new HttpClient { BaseAddress = address })
            Assert.Contains("Edges", await client.GetStringAsync("api/network"), StringComparison.Ordinal);
        await stop.CancelAsync();
        Assert.Equal(0, await program.WaitAsync(Patience));
        Assert.Equal("", errors.ToString());
    }

    [Fact]
    public async Task Trains_and_saves_a_network_where_there_is_none()
    {
        using var folder = new TemporaryFolder();
        using var output = new Output();
        using var errors = new StringWriter();
        using var stop = new CancellationTokenSource();
        var program = Start(output, errors, stop.Token, "--output", folder.Path, "--port", "0", "--drawn", "--epochs", "1");
        var address = await output.AddressAsync(program);
        Assert.True(File.Exists(folder.File("digits.safetensors")));
        Assert.Contains("epoch 1/1  done", output.ToString(), StringComparison.Ordinal);
        using (var client = new HttpClient { BaseAddress = address })
            Assert.Contains("<canvas", await client.GetStringAsync(""), StringComparison.Ordinal);
        await stop.CancelAsync();
        Assert.Equal(0, await program.WaitAsync(Patience));
        Assert.Equal("", errors.ToString());
    }

    [Fact]
    public async Task Mistakes_are_one_line_and_exit_code_1()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("digits.safetensors"), "not a network");
        var taken = served.Server.Address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        foreach (var (args, expected) in new (string[], string)[]
        {
            (["--output", served.Folder, "--port", taken], "in use"),
            (["--output", served.Folder, "--host", "203.0.113.7", "--port", "0"], "Cannot listen at 203.0.113.7"),
            (["--host", "everywhere"], "--host must be"),
            (["--port", "70000"], "from 0 to 65535"),
            (["--output", folder.Path], "safetensors"),
        })
        {
            using var output = new Output();
            using var errors = new StringWriter();
            var code = await Start(output, errors, CancellationToken.None, args).WaitAsync(Patience);
            new ProgramRun(code, output.ToString(), errors.ToString()).HasFailed(expected);
        }
    }

    [SkippableFact]
    public async Task Ends_well_when_the_system_asks_it_to()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no such signal.");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Digits.dll"), "serve", "--output", served.Folder, "--port", "0"])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            using var output = new Output();
            process.OutputDataReceived += (_, line) => output.WriteLine(line.Data);
            process.BeginOutputReadLine();
            var address = await output.AddressAsync(process.WaitForExitAsync());
            // The connection stays open, as a browser's does.
            using var client = new HttpClient { BaseAddress = address };
            await client.GetStringAsync("api/network");
            using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync();
            await process.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    [Theory]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("*", "0.0.0.0")]
    [InlineData("192.168.1.20", "192.168.1.20")]
    [InlineData("::1", "::1")]
    [InlineData("example.org", null)]
    [InlineData("", null)]
    public void A_host_is_an_address(string host, string? address) =>
        Assert.Equal(address is null ? null : IPAddress.Parse(address), Digits.Serving.ServeSettings.ParseHost(host));

    [Fact]
    public void Addresses_for_others_are_told_only_when_others_can_reach_it()
    {
        var settings = ServedDigits.SettingsFor(0);
        Assert.Empty(settings.OtherAddresses(8080));
        Assert.All((settings with { Host = IPAddress.Any }).OtherAddresses(8080), address =>
        {
            Assert.Equal(8080, address.Port);
            Assert.False(address.IsLoopback);
        });
    }

    [GeneratedRegex(@"Draw a digit at (\S+)")]
    private static partial Regex Address();
}
