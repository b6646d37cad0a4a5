using System.Text.RegularExpressions;

namespace NetCompiler.Generators.Tests;

/// <summary>Sound declarations compile, without a warning, wherever they stand.</summary>
public sealed class SoundTests
{
    [Theory]
    [InlineData(Examples.Mlp)]
    [InlineData(Examples.ResidualDigits)]
    [InlineData(Examples.ResNet20)]
    [InlineData(Examples.Llama)]
    public void Documented_examples(string source) => Assert.Empty(Driver.Complaints(source));

    [Theory]
    [InlineData("namespace A.B; [Network, Input(3), Dense(2)] internal partial class Net;")]
    [InlineData("namespace A { namespace B { [Network, Input(3), Dense(2)] public sealed partial class Net { } } }")]
    [InlineData("public partial class Outer { partial struct Middle { partial interface IInner { [Network, Input(3), Dense(2)] private partial class Net; } } }")]
    [InlineData("public partial record Outer { [Network, Input(3), Dense(2)] protected internal partial class Net; }")]
    [InlineData("[Network, Input(3), Dense(2)] partial class Net; namespace A { [Network, Input(3), Dense(2)] partial class Net; }")]
    [InlineData("[Network] partial class Net { [Input(3)] partial Layer A { get; } [Output, Dense(2)] protected internal partial Layer B { get; } [Output, Relu] private protected partial Layer C { get; } }")]
    [InlineData("[Network, Input(3), Map(nameof(Net.F))] partial class Net { internal static float F(float x) => x * x; }")]
    [InlineData("[Network] partial class Net { [Input(3)] public partial Layer X { get; } [Map(nameof(F))] public partial Layer Y { get; } private static float F(float x) => x * x; }")]
    [InlineData("[Network] partial class Net { [Input(3)] public partial Layer X { get; } [Dense(3)] public partial Layer Y { get; } [Map(nameof(F), nameof(X), nameof(Y)), Dense(2)] public partial Layer Z { get; } private static float F(float x, float y) => x - (y * y); }")]
    [InlineData("[Network(Loss = Loss.MeanSquaredError)] partial class Net { [Input(3)] public partial Layer X { get; } [Map(\"F\", \"X\")] public partial Layer Y { get; } private static float F(float x) => x * x; }")]
    [InlineData("[Block] partial class Mixing { [Input] public partial Layer X { get; } [Dense(Like = nameof(X))] public partial Layer Y { get; } [Map(nameof(F), nameof(Y), nameof(X))] public partial Layer Z { get; } static float F(float x, float y) => x * y; } [Network, Input(3), Use<Mixing>(Repeat = 2)] partial class Net;")]
    [InlineData("[Block] partial class Mixing { [Input] public partial Layer X { get; } [Dense(Like = nameof(X))] public partial Layer Y { get; } [MatMul(nameof(X), nameof(Y), TransposeB = true), Softmax] public partial Layer Z { get; } [MatMul(nameof(Z), nameof(X))] public partial Layer W { get; } }")]
    [InlineData("[Network(Loss = Loss.MeanSquaredError)] partial class Net { [Input(5, 3)] public partial Layer X { get; } [MatMul(nameof(X), nameof(X), TransposeA = true, TransposeB = false)] public partial Layer Y { get; } }")]
    [InlineData("partial class Outer { [Block, Input, Dense(Scale = 2)] partial class Wide; [Network, Input(3), Use<Wide>(Repeat = 2)] partial class Net; }")]
    [InlineData("[Network] partial class Net { [Input(3)] public partial Layer State { get; } [Dense(2)] public partial Layer Description { get; } void Forward() { } }")]
    [InlineData("[Network, Input(3), Map(nameof(Net.F))] partial class Net { private static float F(float x) => x * x; }")]
    [InlineData("[Network, Input(3), Map(nameof(F))] partial class Net { private static float F(float x) => x * x; }")]
    [InlineData("[Network, Input(3), Dense(2)] partial class Net; [Network, Input(3), Dense(4)] partial class NET; [Block, Input, Dense(Scale = 2)] partial class nEt;")]
    [InlineData("[Network] partial class Net { [Input(3)] public partial Layer X { get; } [Input(3)] public partial Layer x { get; } [Input(3)] public partial Layer Batch { get; } [Input(3)] public partial Layer Output { get; } [Add(nameof(X), nameof(x), nameof(Batch), nameof(Output))] public partial Layer Sum { get; } }")]
    [InlineData("[Network, Input(2), Dense(3)] partial class Outer { [Network, Input(2), Dense(4)] internal sealed partial class Kernels { } [Network, Input(2), Dense(5)] internal sealed partial class kernels { } }")]
    [InlineData("[Network(Loss = Loss.Huber, HuberDelta = 3e38), Input(2), Dense(3), Map(nameof(Net.F))] partial class Net { internal static float F(float x) => 1e20f * (1e20f * x); }")]
    [InlineData("[Network] partial class Net { [Input(9, 3)] public partial Layer state { get; } [Input(9, 3)] public partial Layer X { get; } [Add(nameof(X), nameof(state)), Lstm(4)] public partial Layer Sum { get; } }")]
    [InlineData("[Network] partial class Net { [Input(3)] public partial Layer X { get; } [Output, Dense(2)] public partial Layer Input { get; } [Output, Dense(2)] public partial Layer input { get; } }")]
    [InlineData("namespace N; [Network, Input(3), Dense(2)] partial class Unsafe; [Network, Input(3), Dense(2)] partial class MathF; [Network, Input(3), Dense(2)] partial class Schedule; [Network, Input(3), Dense(2)] partial class NetworkState;")]
    [InlineData("namespace N.Generated { [Network, Input(3), Dense(2)] partial class NetCompiler; } namespace N.System { [Network, Input(3), Dense(2)] partial class System; }")]
    [InlineData("[Block, Input, Dense(7), Reshape(7, 13), Dense(Scale = 0.1), MelSpectrogram(3)] partial class OfOneShapeOnly; [Block, Input(Type = ElementType.Int32), Embedding(5, 4), Relu] partial class Tokens;")]
    [InlineData("[Block] partial class Some { [Input] public partial Layer X { get; } [Input(Type = ElementType.Int32)] public partial Layer Length { get; } [From(nameof(X)), SelfAttention(Heads = 5, Lengths = nameof(Length))] public partial Layer Y { get; } }")]
    [InlineData("[Network, Input(9, 3), Lstm(4)] partial class Net { public Net(string title) : this(3) { } public void Step() { } }")]
    public void Declaration(string source) => Assert.Empty(Driver.Complaints(source));

    /// <summary>Nothing that the compiler adds, or that a declaration needs, is a warning in an assembly for all languages.</summary>
    [Theory]
    [InlineData(Examples.Mlp)]
    [InlineData(Examples.ResidualDigits)]
    [InlineData(Examples.ResNet20)]
    [InlineData(Examples.Llama)]
    [InlineData("namespace A; public partial class Outer { [Network(Weights = \"mlp.safetensors\"), Input(784), Dense(128), Relu, Dense(10)] public sealed partial class Net; }")]
    [InlineData("public partial class Outer { [Network, Input(4, 3), Lstm(4)] protected internal sealed partial class Net; [Block, Input, Relu] protected partial class Some; }")]
    [InlineData("[CLSCompliant(false), Network, Input(3), Dense(4)] public sealed partial class Net; [Block, CLSCompliant(false), Input, Relu] public partial class Some;")]
    [InlineData("[CLSCompliant(false)] public partial class Outer { [Network, Input(3), Dense(4)] public partial class Inner; }")]
    public void In_a_compliant_assembly(string source) => Assert.Empty(Driver.Complaints("[assembly: CLSCompliant(true)]\n" + source));

    /// <summary>Of what nobody outside sees, C# warns of the arrays in the user's attributes, and of a class that denies being compliant.</summary>
    [Theory]
    [InlineData("[Network, Input(3), Dense(4)] internal sealed partial class Net;")]
    [InlineData("internal partial class Outer { [Network, Input(3), Dense(4)] public partial class Inner; [Block, Input, Relu] private partial class Some; }")]
    public void Hidden_in_a_compliant_assembly(string source) =>
        Assert.All(Driver.Complaints("[assembly: CLSCompliant(true)]\n" + source), c => Assert.StartsWith("CS3016 'Input", c, StringComparison.Ordinal));

    [Theory]
    [InlineData("layers", "SqueezeExcitation")]
    [InlineData("sequences", "Translator.Kernels")]
    public void Examples_of_pages(string name, string file)
    {
        var page = File.ReadAllText(Path.Combine(FaultTests.Repository, $"docs/{name}.md"));
        var declarations = Regex.Matches(page, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(m => m.Groups[1].Value).Where(e => e.Contains("partial class", StringComparison.Ordinal));
        var generated = Driver.Generate(out _, string.Concat(declarations));
        Assert.Empty(generated.Diagnostics);
        Assert.Contains(generated.GeneratedTrees, t => Path.GetFileName(t.FilePath) == file + ".g.cs");
    }

    /// <summary>The pieces of the page are the body of one method.</summary>
    [Theory]
    [InlineData("training")]
    [InlineData("losses")]
    public void Code_of_pages(string name)
    {
        var page = File.ReadAllText(Path.Combine(FaultTests.Repository, $"docs/{name}.md"));
        var code = Regex.Matches(page, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(m => m.Groups[1].Value).ToList();
        var body = string.Concat(code.Where(c => !c.Contains("partial class", StringComparison.Ordinal)));
        Assert.Equal(
            [],
            Driver.Complaints(string.Concat(code.Where(c => c.Contains("partial class", StringComparison.Ordinal)))
                + $"static class User {{ static void Run(float[] images, int[] labels, float[] image, System.Threading.CancellationToken stop) {{ {body} }} }}"));
    }

    /// <summary>No program makes a block, which an analyser would complain of where it is internal.</summary>
    [Fact]
    public void A_block_says_that_it_is_never_made()
    {
        var generated = Driver.Generate(out _, "namespace A; [Block, Input, Dense(Scale = 2)] internal sealed partial class Wide;");
        Assert.Contains("""[global::System.Diagnostics.CodeAnalysis.SuppressMessage("Performance", "CA1812",""", Assert.Single(generated.GeneratedTrees).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_comes_of_a_project_without_networks() => Assert.Empty(Driver.Generate(out _, "class Some;").GeneratedTrees);
}
