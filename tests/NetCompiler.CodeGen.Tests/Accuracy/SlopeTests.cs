using System.Reflection;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests.Accuracy;

/// <summary>Derivatives that vanish far out: they keep their digits there as floats do, down to the smallest normal ones.</summary>
public sealed class SlopeTests
{
    private const int Width = 64;

    private static readonly (string Name, LayerSpec Layer, string Body, Func<double, double> Slope)[] s_all =
    [
        ("Elu", L("Elu"), "", x => x > 0 ? 1 : Math.Exp(x)),
        ("EluLarge", L("Elu", ("Alpha", 1.5)), "", x => x > 0 ? 1 : 1.5 * Math.Exp(x)),
        ("Selu", L("Selu"), "", x => 1.0507009873554804934193349852946 * (x > 0 ? 1 : 1.6732632423543772848170429916717 * Math.Exp(x))),
        ("ExpM1", L("Map", ("Function", "F")), "(expm1 x0)", Math.Exp),
        ("Sinh", L("Map", ("Function", "F")), "(sinh x0)", Math.Cosh),
        ("Cosh", L("Map", ("Function", "F")), "(cosh x0)", Math.Sinh),
        ("Softplus", L("Softplus"), "", x => 1 / (1 + Math.Exp(-x))),
    ];

    private static readonly Lazy<Assembly> s_assembly = new(() => InMemory.Load(InMemory.Compile(s_all.Select(s => Cases.Named("Slope" + s.Name, Chain(Loss("MeanAbsoluteError"), Input(Width), s.Layer) with
    {
        Functions = s.Body.Length > 0 ? new([new FunctionSpec("F", 1, s.Body)]) : EquatableArray<FunctionSpec>.Empty,
    })))));

    public static TheoryData<string> Names => [.. s_all.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Slopes_are_right_to_a_few_units(string name) =>
        Generic.Call(typeof(SlopeTests), null, nameof(Compare), s_assembly.Value.GetType("Some.Slope" + name)!, s_all.Single(s => s.Name == name).Slope);

    private static void Compare<T>(Func<double, double> slope)
        where T : class, INetwork<T>
    {
        // The loss is the mean of what the layer gives plus a number, so the gradient is 1 / 64 of the slope: exactly, as long as it is a normal float.
        float[] x = [.. Enumerable.Range(0, 1 << 14).Select(i => -88 + (i * (100f / (1 << 14))))];
        foreach (var path in (InstructionPath[])[InstructionPath.Vector512, InstructionPath.Vector256, InstructionPath.Vector128])
        {
            var network = T.Create(1);
            network.InstructionPath = path;
            using var trainer = new Trainer<T>(network, new Sgd(), threads: 1);
            var gradient = new float[Width];
            for (var at = 0; at < x.Length; at += Width)
            {
                trainer.ComputeGradients(x.AsSpan(at, Width), Enumerable.Repeat(float.MinValue, Width).ToArray());
                trainer.InputGradient.CopyTo(gradient);
                for (var i = 0; i < Width; i++)
                {
                    var exact = slope(x[at + i]) / Width;
                    if (Math.Abs(exact) < 1.2e-38) continue;
                    var error = Ulp.Error(gradient[i], exact);
                    Assert.True(error <= 4, $"The slope at {x[at + i]:R} on {path} is {gradient[i] * Width:G9} instead of {exact * Width:G9}.");
                }
            }
        }
    }
}
