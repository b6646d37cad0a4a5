using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace NetCompiler.Generators.Tests;

/// <summary>What the generated code calls by its short name may be the name of something else in the user's project: the code means its own all the same.</summary>
public sealed class NameTests
{
    /// <summary>With generated members of all kinds: training, kept outputs, steps, embedded weights, what depends on parameters alone.</summary>
    private const string Networks = """
        [Network(Loss = Loss.SoftmaxCrossEntropy, KeepOutputs = true)]
        internal sealed partial class Net
        {
            [Input(4)] public partial Layer Row { get; }
            [Dense(4), BatchNorm, Dropout(0.1)] public partial Layer Stem { get; }
            [Map(nameof(F)), Dense(2)] public partial Layer Logits { get; }
            private static float F(float x) => x * global::System.MathF.Sin(x);
        }

        [Network(Loss = Loss.SoftmaxCrossEntropy)]
        internal sealed partial class Writer
        {
            [Input(8, Type = ElementType.Int32)] public partial Layer Ids { get; }
            [Embedding(5, 4), Gru(4)] public partial Layer Logits { get; }
        }

        [Network(Weights = "small/net.safetensors"), Input(8), Dense(2)]
        internal sealed partial class Embedded;
        """;

    /// <summary>Networks, layers and members that C# or the compiler has something to say about.</summary>
    private static readonly string[] s_own = ["Net", "Writer", "Embedded", "Layer", "System", "NetCompiler", "N"];

    /// <summary>Every name of a type or namespace in the generated code.</summary>
    private static string[] Names()
    {
        var generated = Driver.Generate(out var output, $"namespace N; {Networks}").GeneratedTrees;
        Assert.Empty(output.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning));
        var names = generated.SelectMany(tree =>
        {
            var model = output.GetSemanticModel(tree);
            return tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>().Where(n => model.GetSymbolInfo(n).Symbol is INamespaceOrTypeSymbol or IMethodSymbol { MethodKind: MethodKind.Constructor })
                .Select(n => n.Identifier.Text);
        }).Concat(["Math", "MathF", "Span", "Parallel", "Tensor", "Vector", "NetDescription", "Attribute", "Object", "String"]).Where(n => n is not ("var" or "nint" or "T")).Distinct();
        return [.. names.Except(s_own)];
    }

    private static string Types(IEnumerable<string> names) => string.Concat(names.Select(n => $"public class {n}; public class {n}<T>; "));

    [Fact]
    public void Names_of_types_may_be_the_users_too()
    {
        var names = Names();
        Assert.Superset(new HashSet<string> { "Unsafe", "MathF", "Vector256", "MemoryMarshal", "NetworkState", "TrainingFrame", "Schedule", "Kernels128", "NetDescription" }, new HashSet<string>(names));
        var types = Types(names);
        var inside = Types(names.Where(n => !ErrorFace.IsAdded(n, hasWeights: true) && n != "State"));
        var members = string.Concat(names.Where(n => !ErrorFace.IsAdded(n, hasWeights: true) && n != "State").Select(n => $"private static int {n}() => 0; "));
        foreach (var source in new[]
        {
            // All around the network, and around the compiler's namespaces where it stands.
            $"namespace A.B {{ public partial class Outer {{ {Networks} partial class Net {{ {inside} }} partial class Writer {{ {inside} }} partial class Embedded {{ {inside} }} {types} }} {types} }} namespace A {{ {types} }} {types}",
            $"namespace A.System.NetCompiler {{ {Networks} partial class Net {{ {members} }} partial class Writer {{ {members} }} partial class Embedded {{ {members} }} }} namespace A.NetCompiler.Generated {{ }}",
            $"{Networks} {types}",
            $"namespace NetCompiler.Mine {{ {Networks} {types} }} namespace NetCompiler {{ {Types(["Math", "MathF", "Unsafe", "MemoryMarshal", "MethodImpl", "Vector128", "Span"])} }}",
        })
        {
            var complaints = Complaints(source).ToList();
            Assert.True(complaints.Count == 0, string.Join("\n", complaints));
        }
    }

    [Fact]
    public void Layers_may_have_the_names_that_the_code_uses() => Assert.Equal([], Complaints("""
        [Network(Loss = Loss.MeanSquaredError, KeepOutputs = true)]
        internal sealed partial class Net
        {
            [Input(5, 3)] public partial Layer __batch { get; }
            [Input(5, 3)] public partial Layer Unsafe { get; }
            [Add(nameof(__batch), nameof(Unsafe)), Gru(4)] public partial Layer MathF { get; }
            [Dense(1)] public partial Layer Schedule { get; }
            [PRelu] public partial Layer Kernels128 { get; }
            [Dense(2)] public partial Layer dst { get; }
            [LayerNorm] public partial Layer VectorMath { get; }
            [Softmax] public partial Layer NetDescription { get; }
            [Output, Relu] public partial Layer V256 { get; }
            [Output, From(nameof(dst)), Tanh] public partial Layer System { get; }
            [Output, From(nameof(dst)), Sigmoid] public partial Layer NetCompiler { get; }
            [Output, From(nameof(dst)), Softmax] public partial Layer memory { get; }
            [Output, From(nameof(dst)), Softmax] public partial Layer turn { get; }
            [Output, From(nameof(dst)), Softmax] public partial Layer Options { get; }
            private int field = 3, value = 4, taken = 5, steps = 6, var = 7;
            public int Sum() => field + value + taken + steps + var;
        }
        """));

    /// <summary>What the C# compiler says, but for doubts about the user's own part.</summary>
    private static IEnumerable<string> Complaints(string source) => Driver.Complaints(source.Replace(" Layer ", " global::NetCompiler.Layer ", StringComparison.Ordinal)).Take(5);
}
