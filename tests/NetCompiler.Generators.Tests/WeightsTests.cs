using Microsoft.CodeAnalysis;
using NetCompiler.Compiler.Tests.Weights;
using static NetCompiler.Generators.NetworkGenerator;

namespace NetCompiler.Generators.Tests;

/// <summary>Networks that name a file of weights.</summary>
public sealed class WeightsTests
{
    private const string Source = """
        [Network(Loss = Loss.SoftmaxCrossEntropy, Weights = "mlp.safetensors")]
        [Input(784), Dense(128), Relu, Dense(10)]
        public sealed partial class Net;
        """;

    private const string Use = """

        static class User
        {
            static float Run(float[] input, float[] output)
            {
                Net.Pretrained.Forward(input, output);
                using var trainer = new Trainer<Net>(Net.LoadPretrained(), new AdamW());
                return output[0];
            }
        }
        """;

    [Theory]
    [InlineData(Source + Use)]
    [InlineData("namespace A.B; static partial class Outer { [Network(Weights = \"small/net.safetensors\"), Input(8), Dense(2)] private sealed partial class Net; static object Run() => Net.Pretrained; }")]
    [InlineData("[Network(Weights = null), Input(8), Dense(2)] partial class Net { public static int Pretrained => 1; public void LoadPretrained() { } }")]
    [InlineData("[Network(Weights = \"small/net.safetensors\"), Input(8), Dense(2)] partial class Net; [Network(Weights = \"large/net.safetensors\"), Input(8), Dense(16)] partial class NET;")]
    [InlineData("[Network(Weights = Net.File), Input(8), Dense(2)] partial class Net { public const string File = \"small/\" + \"net.safetensors\"; void LoadPretrained(int number) { } }")]
    public void Sound(string source) => Assert.Empty(Driver.Complaints(source));

    [Fact]
    public void Faults_are_at_the_argument_and_the_rest_compiles() => Assert.Equal(
        [
            """NETC0032 'Weights = "mlp.safetensors"' 'mlp.safetensors' does not fit 'Net': '0.weight' is [128, 784], but must be [64, 784], '0.bias' is [128], but must be [64], '2.weight' is [10, 128], but must be [10, 64]""",
        ],
        Driver.Complaints(Source.Replace("Dense(128)", "Dense(64)", StringComparison.Ordinal) + Use));

    [Fact]
    public void A_faulty_network_says_nothing_of_its_weights()
    {
        var complaint = Assert.Single(Driver.Complaints(Source.Replace("Dense(128)", "Dense(0)", StringComparison.Ordinal) + Use));
        Assert.StartsWith("NETC0010", complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\\n")]
    [InlineData("\\r")]
    [InlineData("\\u2028")]
    [InlineData("\\u0085")]
    public void A_line_break_in_the_name_is_a_name_of_no_file(string lineBreak)
    {
        var complaint = Assert.Single(Driver.Complaints(Source.Replace("mlp.", $"mlp{lineBreak}class Some; //.", StringComparison.Ordinal)));
        Assert.StartsWith("NETC0028", complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public static Net Pretrained => null!;", "Pretrained")]
    [InlineData("public int LoadPretrained;", "LoadPretrained")]
    public void Names_of_the_members_are_taken(string member, string name)
    {
        var source = Source.Replace("partial class Net;", $"partial class Net {{ {member} }}", StringComparison.Ordinal);
        Assert.StartsWith($"NETC0026 '{name}'", Assert.Single(Driver.Complaints(source)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_edit_of_the_numbers_runs_nothing_but_the_reading()
    {
        var bytes = WeightsFolder.Mlp("F32");
        bytes[^1] = 1;
        var result = RunTwice("numbers", WeightsFolder.Mlp("F32"), bytes, out var complaints);
        Assert.Empty(complaints);
        Assert.Equal([IncrementalStepRunReason.Unchanged], Reasons(result, Steps.WeightsFiles));
        Assert.Equal([IncrementalStepRunReason.Cached], Reasons(result, Steps.Weights));
        AssertCached(result, Steps.Models, Steps.Compiled, Steps.Faces, Steps.Kernels);
        Assert.All(result.TrackedOutputSteps.SelectMany(s => s.Value).SelectMany(s => s.Outputs), o => Assert.Equal(IncrementalStepRunReason.Cached, o.Reason));
    }

    [Fact]
    public void An_edit_of_the_header_runs_the_check_again_and_nothing_else()
    {
        var longer = SafetensorsBytes.Of([("format", "pt")], ("0.weight", "F32", [128, 784], new byte[401408]), ("0.bias", "F32", [128], new byte[512]), ("2.weight", "F32", [10, 128], new byte[5120]), ("2.bias", "F32", [10], new byte[40]));
        var result = RunTwice("header", WeightsFolder.Mlp("F32"), longer, out var complaints);
        Assert.Empty(complaints);
        Assert.Equal([IncrementalStepRunReason.Modified], Reasons(result, Steps.Weights));
        AssertCached(result, Steps.Models, Steps.Compiled, Steps.Faces, Steps.Kernels);

        // Of the three files only the one with the places is added anew.
        Assert.Equal(1, result.TrackedOutputSteps.SelectMany(s => s.Value).SelectMany(s => s.Outputs).Count(o => o.Reason != IncrementalStepRunReason.Cached));
        Assert.Contains($", {longer.Length},", result.GeneratedSources.Single(s => s.HintName == "Net.Weights.g.cs").SourceText.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_edit_that_does_not_fit_is_a_fault_at_once()
    {
        var result = RunTwice("fault", WeightsFolder.Mlp("F32"), WeightsFolder.Mlp("I8"), out var complaints);
        Assert.Equal(["NETC0033"], complaints);
        AssertCached(result, Steps.Models, Steps.Compiled, Steps.Faces, Steps.Kernels);
    }

    [Fact]
    public void The_time_of_writing_alone_makes_an_edit_seen()
    {
        // As in an editor, for which files that are no text look alike: it hands over the same object again, and only the metadata tell of the edit.
        var file = WeightsFolder.Write("time.safetensors", WeightsFolder.Mlp("F32"));
        var compilation = Driver.Compile(Source.Replace("mlp.", "time.", StringComparison.Ordinal));
        var driver = Driver.Create([file]).RunGenerators(compilation);
        Assert.Empty(driver.GetRunResult().Diagnostics);
        WeightsFolder.Write("time.safetensors", WeightsFolder.Mlp("I8"));
        Assert.Empty(driver.RunGenerators(compilation).GetRunResult().Diagnostics);
        file.Written = "2";
        driver = driver.WithUpdatedAnalyzerConfigOptions(new WeightsOptions()).RunGenerators(compilation);
        Assert.Equal("NETC0033", Assert.Single(driver.GetRunResult().Diagnostics).Id);
    }

    [Fact]
    public void An_edit_of_the_declaration_reads_no_file_again()
    {
        var compilation = Driver.Compile(Source);
        var driver = Driver.Create(trackSteps: true).RunGenerators(compilation);
        var edited = Driver.Compile(Source.Replace("Relu", "Tanh", StringComparison.Ordinal));
        driver = driver.RunGenerators(compilation.ReplaceSyntaxTree(compilation.SyntaxTrees[0], edited.SyntaxTrees[0]));
        var result = Assert.Single(driver.GetRunResult().Results);
        Assert.Equal([IncrementalStepRunReason.Modified], Reasons(result, Steps.Compiled));
        AssertCached(result, Steps.WeightsFiles);
    }

    private static GeneratorRunResult RunTwice(string name, byte[] first, byte[] second, out string[] complaints)
    {
        var compilation = Driver.Compile(Source.Replace("mlp.", name + ".", StringComparison.Ordinal));
        var before = WeightsFolder.Write(name + ".safetensors", first, written: "1");
        var driver = Driver.Create([before], trackSteps: true).RunGenerators(compilation);
        Assert.Empty(driver.GetRunResult().Diagnostics);
        driver = driver.ReplaceAdditionalText(before, WeightsFolder.Write(name + ".safetensors", second, written: "2")).RunGenerators(compilation);
        var result = Assert.Single(driver.GetRunResult().Results);
        Assert.Null(result.Exception);
        complaints = [.. result.Diagnostics.Select(d => d.Id)];
        return result;
    }

    private static IncrementalStepRunReason[] Reasons(GeneratorRunResult result, string step) => [.. result.TrackedSteps[step].SelectMany(s => s.Outputs).Select(o => o.Reason)];

    private static void AssertCached(GeneratorRunResult result, params string[] steps) =>
        Assert.All(steps, s => Assert.All(Reasons(result, s), r => Assert.Equal(IncrementalStepRunReason.Cached, r)));
}
