using System.Globalization;
using System.Text.RegularExpressions;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Generators.Tests;

/// <summary>
/// A wrong declaration gives its one error, at the right place, and the code that uses the network still compiles. The place is marked in
/// the source by /*!*/ before it.
/// </summary>
public sealed class FaultTests
{
    private const string Use = """

        static class User
        {
            static float Run(float[] input, float[] output)
            {
                var network = new Net(seed: 42);
                network.Forward(input, output);
                network.Save("a.safetensors");
                var again = Net.Load("a.safetensors");
                Console.WriteLine(again.LoadParameters("a.safetensors"));
                Console.WriteLine(Net.Summary);
                using var trainer = new Trainer<Net>(network, new AdamW { LearningRate = 1e-3f }, threads: 2);
                foreach (var parameter in network.Parameters) Console.WriteLine(parameter.Name);
                network.Parameters["0.weight"].CopyFrom(input);
                return new float[Net.ParameterCount].Length / Net.InputSize + 1 / Net.OutputSize + Describe<Net>().Inputs.Length;
            }

            static NetworkDescription Describe<T>() where T : class, INetwork<T> => T.Description;
        }
        """;

    [Theory]
    [InlineData("NETC0002", "public Layer /*!*/B { get; }")]
    [InlineData("NETC0002", "public partial Layer /*!*/B { get; set; }")]
    [InlineData("NETC0002", "public static partial Layer /*!*/B { get; }")]
    [InlineData("NETC0002", "public partial float /*!*/B { get; }")]
    [InlineData("NETC0002", "public partial Layer? /*!*/B { get; }")]
    [InlineData("NETC0002", "public partial Layer /*!*/B { get; private init; }")]
    [InlineData("NETC0002", "public required partial Layer /*!*/B { get; set; }")]
    [InlineData("NETC0002", "public partial ref Layer /*!*/B { get; }")]
    public void Property(string id, string property) => Faulty(id, $$"""
        [Network] public sealed partial class Net { [Input(3)] public partial Layer A { get; } [Dense(2)] {{property}} }
        """);

    [Fact]
    public void Property_with_a_body() => Faulty("NETC0002", """
        [Network] public sealed partial class Net { [Input(3)] public partial Layer A { get; } [Dense(2)] public partial Layer /*!*/B { get; } }
        partial class Net { public partial Layer B { get => null!; } }
        """);

    [Fact]
    public void Class_is_not_partial() => Faulty("NETC0001", "[Network, Input(3), Dense(2)] public sealed class /*!*/Net;", use: "");

    [Fact]
    public void Type_around_it_is_not_partial() => Faulty("NETC0001", "static class /*!*/Outer { [Network, Input(3), Dense(2)] public sealed partial class Net; }", use: "");

    [Theory]
    [InlineData("[Network, Dense(2)] public sealed partial class /*!*/Net;")]
    [InlineData("[Network] public sealed partial class /*!*/Net;")]
    [InlineData("[Network] public sealed partial class /*!*/Net { [Dense(2)] public partial Layer A { get; } }")]
    [InlineData("[Network] public sealed partial class Net { [Dense(2)] public partial Layer /*!*/A { get; } [Input(3)] public partial Layer B { get; } }")]
    [InlineData("[Block] partial class /*!*/Half { [Relu] public partial Layer X { get; } } [Network, Input(3), Use<Half>] public sealed partial class Net;")]
    public void No_input(string source) => Faulty("NETC0003", source);

    [Fact]
    public void Layers_in_several_declarations() => Faulty("NETC0014", """
        [Network] public sealed partial class Net { [Input(3)] public partial Layer A { get; } }
        partial class Net { [/*!*/Dense(2)] public partial Layer B { get; } }
        """);

    [Fact]
    public void Layers_of_a_chain_in_several_declarations() => Faulty("NETC0014", """
        [Network, Input(3)] public sealed partial class Net;
        [/*!*/Dense(2)] partial class Net;
        """);

    [Theory]
    [InlineData("abstract partial class /*!*/Net")]
    [InlineData("sealed partial record /*!*/Net")]
    public void Not_an_ordinary_class(string type) => Faulty("NETC0019", $"[Network, Input(3), Dense(2)] public {type};", use: "");

    [Fact]
    public void Generic_class() => Faulty("NETC0019", """
        [Network] public sealed partial class /*!*/Net<T> { [Input(3)] public partial Layer A { get; } [Dense(2)] public partial Layer B { get; } }
        """, use: "static class User { static int Size => Net<int>.InputSize; }");

    [Fact]
    public void Inside_a_generic_class() => Faulty("NETC0019", """
        partial class Outer<@class> { [Network] public sealed partial class /*!*/Net { [Input(3)] public partial Layer A { get; } } }
        """, use: "");

    [Fact]
    public void Static_class() => Faulty("NETC0019", "[Network, Input(3), Dense(2)] public static partial class /*!*/Net;", use: "static class User { static int Size => Net.InputSize; }");

    [Fact]
    public void File_local_class() => Faulty("NETC0019", "[Network, Input(3), Dense(2)] file sealed partial class /*!*/Net;", use: "");

    [Fact]
    public void Not_a_block() => Faulty("NETC0020", "class Other; [Network, Input(3), /*!*/Use<Other>] public sealed partial class Net;");

    /// <summary>Also where no network uses it.</summary>
    [Theory]
    [InlineData("NETC0004", "[Block] partial class Some { [Input] public partial Layer X { get; } [/*!*/Add(\"X\", \"Y\")] public partial Layer Sum { get; } }")]
    [InlineData("NETC0004", "[Block] partial class Some { [Input] public partial Layer X { get; } [Conv2D(4), /*!*/Conv2D(Like = \"Y\")] public partial Layer Z { get; } }")]
    [InlineData("NETC0005", "[Block] partial class Some { [Input] public partial Layer X { get; } [/*!*/From(nameof(Z))] public partial Layer Y { get; } [Relu] public partial Layer Z { get; } }")]
    [InlineData("NETC0010", "[Block, Input, /*!*/Dense(0)] partial class Some;")]
    [InlineData("NETC0013", "[Block, Input, /*!*/Use<Some>] partial class Some;")]
    [InlineData("NETC0021", "[Block, Input, /*!*/Dense] partial class Some;")]
    [InlineData("NETC0023", "[Block, /*!*/Input(3), Relu] partial class Some;")]
    [InlineData("NETC0023", "[Block] partial class Some { [Input] public partial Layer X { get; } [Output, Relu] public partial Layer /*!*/Y { get; } }")]
    [InlineData("NETC0024", "[Block] partial class Some { [Input] public partial Layer X { get; } [/*!*/Concat(nameof(X))] public partial Layer Y { get; } }")]
    [InlineData("NETC0004", "[Block] partial class Some { [Input] public partial Layer X { get; } [/*!*/Map(nameof(F), nameof(X), \"Y\")] public partial Layer Z { get; } static float F(float x, float y) => x * y; }")]
    [InlineData("NETC0005", "[Block] partial class Some { [Input] public partial Layer X { get; } [/*!*/MatMul(nameof(X), nameof(Z))] public partial Layer Z { get; } }")]
    [InlineData("NETC0023", "[Block] partial class Some { [Input] public partial Layer X { get; } [Relu, /*!*/Map(nameof(F), nameof(X))] public partial Layer Z { get; } static float F(float x) => x * x; }")]
    [InlineData("NETC0042", "[Block] partial class Two { [Input] public partial Layer X { get; } [Input] public partial Layer Y { get; } [Add(nameof(X), nameof(Y))] public partial Layer Z { get; } } [Block, Input, /*!*/Use<Two>] partial class Some;")]
    [InlineData("NETC0010", "[Block, Input, /*!*/Dense(0)] partial class Some; [Block, Input, Use<Some>] partial class Outer; [Network, Input(3), Use<Outer>, Use<Some>] partial class Net;")]
    public void Block_that_is_wrong_whatever_it_is_used_on(string id, string source) => Faulty(id, source, use: "");

    /// <summary>The message names what was given, and says what to do about it.</summary>
    [Theory]
    [InlineData("int[]", "'int[]' is not a block: Use<T> takes a class that is declared with [Block] and layers")]
    [InlineData("string", "'string' is not a block: Use<T> takes a class that is declared with [Block] and layers")]
    [InlineData("Action<int>", "'System.Action<int>' is not a block: Use<T> takes a class that is declared with [Block] and layers")]
    [InlineData("ISome", "'ISome' is not a block: Use<T> takes a class that is declared with [Block] and layers")]
    [InlineData("Other", "'Other' is not a block: give it [Block] and layer properties")]
    [InlineData("Small", "'Small' is not a block: it is a network, which cannot be used as a layer; a class with [Block] can")]
    public void Not_a_block_says_what_it_is(string type, string message) => Assert.Equal(
        $"NETC0020 'Use<{type}>' {message}",
        Assert.Single(Driver.Complaints($"interface ISome; class Other; [Network, Input(3), Dense(2)] sealed partial class Small; [Network, Input(3), Use<{type}>] public sealed partial class Net;")));

    [Fact]
    public void Not_a_block_inside_a_block() => Faulty("NETC0020", "class Other; [Block, Input, /*!*/Use<Other>] partial class Some;", use: "");

    [Fact]
    public void Both_forms() => Faulty("NETC0022", "[Network, Input(3)] public sealed partial class /*!*/Net { [Dense(2)] public partial Layer B { get; } }");

    [Fact]
    public void Network_and_block() => Faulty("NETC0023", "[Network, Block, Input(3), Dense(2)] public sealed partial class /*!*/Net;");

    [Fact]
    public void Property_without_layers() => Faulty("NETC0023", """
        [Network] public sealed partial class Net { [Input(3)] public partial Layer A { get; } public partial Layer /*!*/B { get; } }
        """);

    [Fact]
    public void Name_taken_by_a_layer() => Faulty("NETC0026", """
        [Network] public sealed partial class Net { [Input(3)] public partial Layer A { get; } [Dense(2)] public partial Layer /*!*/KeepOutputs { get; } }
        """);

    [Theory]
    [InlineData("[Lstm(4)] public partial Layer /*!*/State { get; }")]
    [InlineData("[Lstm(4)] public partial Layer /*!*/Step { get; }")]
    [InlineData("[Lstm(4)] public partial Layer B { get; } public int /*!*/StepInputSize => 3;")]
    [InlineData("[Lstm(4)] public partial Layer B { get; } public class /*!*/State;")]
    [InlineData("[Lstm(4)] public partial Layer /*!*/ForwardCore { get; }")]
    [InlineData("[Lstm(4)] public partial Layer B { get; } public int /*!*/__state = 3;")]
    public void Name_taken(string members) => Faulty("NETC0026", $$"""[Network] public sealed partial class Net { [Input(9, 3)] public partial Layer A { get; } {{members}} }""", use: "");

    [Theory]
    [InlineData("[Network, Input(9, 3), Lstm(4)] public sealed partial class /*!*/State;")]
    [InlineData("[Network, Input(3), Dense(4)] public sealed partial class /*!*/Summary;")]
    [InlineData("public class Base { public virtual void Save(string path) { } } [Network, Input(3), Dense(4)] public sealed partial class /*!*/Net : Base;")]
    [InlineData("public class Base { protected int __state = 3; } [Network, Input(3), Dense(4)] public sealed partial class /*!*/Net : Base;")]
    [InlineData("public class Base { public int State => 3; } [Network, Input(9, 3), Lstm(4)] public sealed partial class /*!*/Net : Base;")]
    public void Name_taken_by_or_of_the_type(string source) => Faulty("NETC0026", source, use: "");

    [Theory]
    [InlineData("class /*!*/Net (int x) { public int X => x; }")]
    [InlineData("class /*!*/Net { public Net() { } }")]
    [InlineData("class /*!*/Net { public Net(long seed) { } }")]
    [InlineData("class /*!*/Net { public required string Title { get; set; } }")]
    public void Constructor(string type) => Faulty("NETC0043", "[Network, Input(3), Dense(4)] public sealed partial " + type, use: "");

    [Theory]
    [InlineData("LeakyRelu(1e300)")]
    [InlineData("LeakyRelu(double.NaN)")]
    [InlineData("LayerNorm(Epsilon = 1e60)")]
    [InlineData("Positions((PositionKind)7)")]
    [InlineData("Conv1D(3, Padding = (Padding)9)")]
    [InlineData("Lstm(3, Layers = 100000)")]
    [InlineData("SelfAttention(Causal = true, Window = int.MaxValue)")]
    public void Argument(string layer) => Faulty("NETC0018", $"[Network(Loss = Loss.MeanSquaredError), Input(9, 3), /*!*/{layer}] public sealed partial class Net;", use: "");

    [Theory]
    [InlineData("")]
    [InlineData("null!")]
    public void Layer_without_a_name(string name) => Faulty("NETC0004", $"[Network, Input(9, 3), /*!*/CrossAttention({(name.Length == 0 ? "\"\"" : name)})] public sealed partial class Net;", use: "");

    [Fact]
    public void The_attribute_on_two_declarations_is_left_to_the_language() => Assert.All(
        Driver.Complaints("[Network, Input(3), Dense(2)] public sealed partial class Net; [Network] public sealed partial class Net; [Network, Input(3), Dense(2)] public sealed partial class Other;"),
        c => Assert.StartsWith("CS0579", c, StringComparison.Ordinal));

    [Fact]
    public void Name_taken_by_a_field() => Faulty("NETC0026", "[Network, Input(3), Dense(2)] public sealed partial class Net { public const int /*!*/InputSize = 3; }");

    [Theory]
    [InlineData("[Network] public sealed partial class Net { [Input(3)] public partial Layer A { get; } [Dense(2)] public partial Layer /*!*/@base { get; } }")]
    [InlineData("namespace @in { [Network] partial class /*!*/Net { [Input(3)] internal partial Layer @base { get; } } }")]
    [InlineData("[Network, Input(3), Dense(2)] partial class /*!*/@event;")]
    [InlineData("[Network, Input(3), Dense(2)] partial class /*!*/@record;")]
    [InlineData("[Network] public sealed partial class Net { [Input(3)] public partial Layer A { get; } [Dense(2)] public partial Layer /*!*/field { get; } }")]
    [InlineData("partial struct @event { [Network, Input(3), Dense(2)] partial class /*!*/Net; }")]
    public void Keyword(string source) => Faulty("NETC0027", source, use: "");

    [Fact]
    public void Fault_of_the_graph_stage_is_at_the_attribute() =>
        Faulty("NETC0010", "[Network, Input(3), /*!*/Dense(0), Relu] public sealed partial class Net;");

    [Fact]
    public void Block_inside_itself() => Faulty("NETC0013", """
        [Block, Input, /*!*/Use<Half>] partial class Half;
        [Network, Input(3), Use<Half>] public sealed partial class Net;
        """);

    [Fact]
    public void Fault_of_a_block_that_nothing_uses() => Faulty("NETC0002", "[Block] partial class Half { [Input] public Layer /*!*/X => null!; }", use: "");

    [Fact]
    public void Fault_of_a_block_is_said_once_however_many_use_it() => Faulty("NETC0009", """
        [Network, Input(3, 4, 4), Use<Half>(Repeat = 2), Use<Half>, GlobalMaxPool] public sealed partial class Net;
        [Network, Input(3, 4, 4), Use<Half>] public sealed partial class Other;
        [Block] partial class Half { [Input] public partial Layer X { get; } [/*!*/GroupNorm(2)] public partial Layer Y { get; } }
        """);

    [Fact]
    public void Several_inputs_and_outputs() => Faulty("NETC0004", """
        [Network] public sealed partial class Net
        {
            [Input(3)] public partial Layer A { get; }
            [Input(3)] public partial Layer B { get; }
            [Output, /*!*/Add(nameof(A), "Missing")] public partial Layer C { get; }
            [Output, Dense(2)] public partial Layer D { get; }
        }
        """, use: "static class User { static void Run(Net n, float[] a, float[] b, float[] c, float[] d) => n.Forward(a, b, c, d); }");

    [Theory]
    [InlineData("CS0103", "[Network, Input(3), Dense(Like = nameof(/*!*/Missing))] public sealed partial class Net;")]
    [InlineData("CS0246", "[Network, Input(3), /*!*/Densse(4)] public sealed partial class Net;")]
    [InlineData("CS0246", "[Network, Input(3), Dense(/*!*/Unitz = 4)] public sealed partial class Net;")]
    [InlineData("CS0246", "[Network, Input(3), Use</*!*/Missing>] public sealed partial class Net;")]
    [InlineData("CS1503", "[Network, Input(3), Dense(/*!*/\"4\")] public sealed partial class Net;")]
    [InlineData("CS0117", "[Network(Loss = Loss./*!*/Hubre), Input(3), Dense(4)] public sealed partial class Net;")]
    [InlineData("CS0246", "[Network] public sealed partial class Net { [Input(3)] public partial Layer A { get; } [/*!*/Densse(2)] public partial Layer B { get; } }")]
    public void What_the_language_rejects_is_left_to_it(string id, string source)
    {
        var errors = Driver.Complaints(Plain(source), Use);
        Assert.All(errors, e => Assert.StartsWith("CS", e, StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith(id, StringComparison.Ordinal));
        Assert.True(errors.Length <= 2, string.Join("\n", errors)); // C# says a missing attribute twice: with and without "Attribute".
    }

    [Fact]
    public void An_exception_in_the_compiler_is_a_diagnostic()
    {
        var declaration = Driver.Read("[Network, Input(3), Dense(2)] public sealed partial class Net;");
        var result = NetworkCompiler.Compile(declaration.Model, _ => throw new InvalidOperationException("lost\nits way"));
        var fault = Assert.Single(result.Diagnostics);
        Assert.Equal(("NETC0099", new SourceKey("Net", "", -1)), (fault.Id, fault.Source));
        Assert.Equal(["Net", "InvalidOperationException: lost its way"], fault.Arguments);
        Assert.Contains("partial class Net", Assert.Single(result.Files).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Release_file_lists_every_diagnostic()
    {
        var file = File.ReadAllText(Path.Combine(Repository, "generators/NetCompiler.Generators/AnalyzerReleases.Unshipped.md"));
        Assert.Equal(Diagnostics.All.Select(k => $"{k.Id} | NetCompiler | {(k.IsWarning ? "Warning" : "Error")} | {k.Title}"), file.Split('\n').Where(l => l.StartsWith("NETC", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_diagnostic_has_a_page()
    {
        var pages = Directory.GetFiles(Path.Combine(Repository, "docs/diagnostics"), "NETC*.md").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal);
        Assert.Equal(Diagnostics.All.Select(k => k.Id).Order(StringComparer.Ordinal), pages);
        Assert.All(Diagnostics.All, k => Assert.StartsWith($"# {k.Id}: {k.Title}\n", File.ReadAllText(Path.Combine(Repository, $"docs/diagnostics/{k.Id}.md")), StringComparison.Ordinal));
    }

    /// <summary>What the members of a faulty network are made after must be what a sound one has.</summary>
    [Theory]
    [InlineData("[Network(Loss = Loss.MeanSquaredError, KeepOutputs = true)]")]
    [InlineData("[Network(KeepOutputs = true)]")]
    [InlineData("[Network(KeepOutputs = true, Weights = \"mlp.safetensors\")]")]
    public void Faulty_network_has_the_members_of_a_sound_one(string network)
    {
        var source = network + """
             public sealed partial class Net
            {
                [Input(3)] public partial Layer A { get; }
                [Input(4)] internal partial Layer B { get; }
                [Output, From(nameof(A)), Dense(2)] public partial Layer C { get; }
                [Output, From(nameof(B)), Dense(5)] public partial Layer D { get; }
            }
            """;
        Assert.Equal(Driver.Members(source), Driver.Members(source.Replace("Dense(5)", "Dense(0)", StringComparison.Ordinal)));
    }

    /// <summary>While it is typed.</summary>
    [Fact]
    public void A_wrong_accessor_is_not_repeated()
    {
        const string Source = "[Network] public sealed partial class Net { [Input(3)] public partial Layer X { get; } [Dense(2)] public partial Layer O { gt; } }";
        Driver.Generate(out var output, Source);
        Assert.DoesNotContain(output.GetDiagnostics(), d => d.Id == "CS1014" && d.Location.SourceTree!.FilePath.EndsWith(".g.cs", StringComparison.Ordinal));
    }

    public static TheoryData<string> Pages => [.. Diagnostics.All.Select(k => k.Id).Where(id => id is not ("NETC0025" or "NETC0099"))]; // Those two nobody can declare.

    [Theory]
    [MemberData(nameof(Pages))]
    public void Examples_of_the_page_are_wrong_and_mended(string id)
    {
        var page = File.ReadAllText(Path.Combine(Repository, $"docs/diagnostics/{id}.md"));
        var examples = Regex.Matches(page, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(2, examples.Count);
        Assert.StartsWith(id, Assert.Single(Driver.Complaints(examples[0])), StringComparison.Ordinal);
        Assert.DoesNotContain(Driver.Complaints(examples[1]), c => c.StartsWith("NETC", StringComparison.Ordinal));
    }

    internal static string Repository
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!Directory.Exists(Path.Combine(folder, "generators"))) folder = Path.GetDirectoryName(folder)!;
            return folder;
        }
    }

    private static string Plain(string source) => source.Replace("/*!*/", "", StringComparison.Ordinal);

    private static void Faulty(string id, string source, string use = Use)
    {
        // The mark stands before a name or an attribute; attributes are reported with their arguments.
        var marked = Regex.Match(source, @"/\*!\*/(@?\w+(<\w+>)?(\([^()]*(\([^()]*\)[^()]*)*\))?)").Groups[1].Value;
        if (marked.StartsWith("Net<", StringComparison.Ordinal)) marked = "Net";
        var complaint = Assert.Single(Driver.Complaints(Plain(source), use));
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{id} '{marked}' "), complaint, StringComparison.Ordinal);
    }
}
