using System.Reflection;
using System.Text;
using NetCompiler.Compiler.Emission;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Tests;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests.Accuracy;

/// <summary>The functions of the vector math class, and networks of one activation, as code that runs over many numbers.</summary>
internal static class Compiled
{
    public delegate void Sweep(ReadOnlySpan<float> x, Span<float> y);

    private const int Width = 64;

    private static readonly string[] s_functions = ["Exp", "Log", "Tanh", "Sigmoid", "Erf", "Log1P", "ExpM1", "NormalCdf", "Gelu", "GeluTanh", "Silu", "Mish", "Sin", "Cos", "Sinh", "Cosh"];

    private static readonly (string Name, LayerSpec Layer)[] s_layers =
    [
        ("Elu", L("Elu")), ("Selu", L("Selu")), ("Gelu", L("Gelu")), ("GeluTanh", L("Gelu", ("Approximate", true))),
        ("Silu", L("Silu")), ("Mish", L("Mish")), ("Softplus", L("Softplus")), ("Sigmoid", L("Sigmoid")), ("Tanh", L("Tanh")), ("HardSigmoid", L("HardSigmoid")), ("HardSwish", L("HardSwish")),
        ("Tan", L("Map", ("Function", "Tan"))), ("Log2", L("Map", ("Function", "Log2"))), ("Log10", L("Map", ("Function", "Log10"))),
    ];

    // What functions of MathF in a Map layer are read as, where it is not one function.
    private static readonly EquatableArray<FunctionSpec> s_read = new(
    [
        new("Tan", 1, "(div (sin x0) (cos x0))"), new("Log2", 1, "(mul (log x0) 1.4426950408889634)"), new("Log10", 1, "(mul (log x0) 0.4342944819032518)"),
    ]);

    private static readonly Lazy<Assembly> s_assembly = new(() => InMemory.Load(InMemory.Kept("Accuracy", () => InMemory.Compile(s_layers.Select(l => Cases.Named("One" + l.Name, Chain(Input(Width), l.Layer) with { Functions = s_read })), Source()))));

    public static IReadOnlyList<string> Functions => s_functions;

    public static IReadOnlyList<string> Layers { get; } = [.. s_layers.Select(l => l.Name)];

    /// <summary>A function for vectors of so many floats; the scalar form for one.</summary>
    public static Sweep Function(string name, int width) =>
        s_assembly.Value.GetType("Some.Sweeps")!.GetMethod($"{name}{width}")!.CreateDelegate<Sweep>();

    /// <summary>A layer's prediction on one instruction path.</summary>
    public static Sweep Layer(string name, int width) => (x, y) =>
    {
        var results = new float[y.Length];
        Generic.Call(typeof(Compiled), null, nameof(Predict), s_assembly.Value.GetType("Some.One" + name)!, x.ToArray(), results, (InstructionPath)(width * 32));
        results.CopyTo(y);
    };

    private static void Predict<T>(float[] x, float[] y, InstructionPath path)
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        network.InstructionPath = path;
        const int Rows = 256;
        const int Block = Width * Rows;
        float[] inputs = new float[Block], outputs = new float[Block];
        for (var at = 0; at < x.Length; at += Block)
        {
            var length = Math.Min(Block, x.Length - at);
            x.AsSpan(at, length).CopyTo(inputs);
            network.ForwardAll(inputs, outputs);
            outputs.AsSpan(0, length).CopyTo(y.AsSpan(at));
        }
    }

    private static string Source()
    {
        int[] widths = [1, 4, 8, 16];
        var math = VectorMathTemplate.Write(s_functions.SelectMany(f => widths.Select(w => (f, w))), "VectorMath");
        var text = new StringBuilder("using System;\nusing System.Runtime.CompilerServices;\nusing System.Runtime.InteropServices;\nusing System.Runtime.Intrinsics;\n");
        text.Append("namespace Some;\n").Append(math).Append("public static class Sweeps\n{\n");
        foreach (var function in s_functions)
        {
            foreach (var width in widths)
            {
                var apply = width == 1
                    ? $"y[i] = VectorMath.{function}(x[i]);"
                    : $"VectorMath.{function}({VectorMathTemplate.VectorType(width)}.LoadUnsafe(ref MemoryMarshal.GetReference(x), (nuint)i)).StoreUnsafe(ref MemoryMarshal.GetReference(y), (nuint)i);";
                text.Append($$"""
                        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
                        public static void {{function}}{{width}}(ReadOnlySpan<float> x, Span<float> y)
                        {
                            for (var i = 0; i <= x.Length - {{width}}; i += {{width}}) {{apply}}
                        }

                    """);
            }
        }

        return text.Append("}\n").ToString();
    }
}
