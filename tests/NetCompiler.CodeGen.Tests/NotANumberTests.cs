using System.Reflection;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>
/// What is not a number stays one, as in PyTorch: a network whose training diverges must say so in its loss. The largest of several is where the processor's own instruction would lose it.
/// </summary>
public sealed class NotANumberTests
{
    /// <summary>Networks, and which outputs an element of the input is a part of.</summary>
    private static readonly (NetworkSpec Spec, Func<int, int, bool> IsPart)[] s_networks =
    [
        (Of("NanGlobalImage", Input(3, 4, 5), L("GlobalMaxPool")), (i, o) => o == i / 20),
        (Of("NanGlobalSequence", Input(20, 3), L("GlobalMaxPool")), (i, o) => o == i % 3),
        (Of("NanRows", Input(20, 3), L("MaxPool1D", ("Kernel", 4))), (i, o) => o == (i / 12 * 3) + (i % 3)),
        (Of("NanRowsWide", Input(12, 17), L("MaxPool1D", ("Kernel", 4))), (i, o) => o == (i / 68 * 17) + (i % 17)),
        (Of("NanImage", Input(4, 20, 20), L("MaxPool2D", ("Kernel", 3), ("Stride", 1))), (i, o) => o / 324 == i / 400 && (i / 20 % 20) - (o / 18 % 18) is >= 0 and < 3 && (i % 20) - (o % 18) is >= 0 and < 3),
        (Of("NanConvolution", Input(2, 4, 6), L("Conv2D", ("Channels", 16), ("Kernel", 1)), L("Relu"), L("MaxPool2D")), (i, o) => o / 3 % 2 == i / 12 % 2 && o % 3 == i % 6 / 2),
        (Of("NanLargerOfZero", Input(19), L("Map", ("Function", "F"))) with { Functions = new([new FunctionSpec("F", 1, "(max 0 x0)")]) }, (i, o) => o == i),
        (Of("NanBetween", Input(19), L("Map", ("Function", "F"))) with { Functions = new([new FunctionSpec("F", 1, "(min 1 (max -1 x0))")]) }, (i, o) => o == i),
        (Of("NanOfTwo", Input(19), L("Map", ("Function", "F"))) with { Functions = new([new FunctionSpec("F", 1, "(max (mul 2 x0) (min (sub x0 1) (mul x0 x0)))")]) }, (i, o) => o == i),
    ];

    private static readonly Lazy<Assembly> s_assembly = new(() => InMemory.Load(InMemory.Kept("NotANumber", () => InMemory.Compile(s_networks.Select(n => n.Spec)))));

    public static TheoryData<string> Names => [.. s_networks.Select(n => n.Spec.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_reaches_the_outputs_that_it_is_a_part_of_and_the_loss(string name)
    {
        var (spec, isPart) = s_networks.Single(n => n.Spec.Name == name);
        Generic.Call(typeof(NotANumberTests), null, nameof(Check), s_assembly.Value.GetType(spec.FullName)!, name, isPart);
    }

    private static void Check<T>(string name, Func<int, int, bool> isPart)
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        using var trainer = new Trainer<T>(network, new Sgd(), threads: 1);
        foreach (var path in AgreementTests.Paths)
        {
            network.InstructionPath = path;
            foreach (var batch in (int[])[1, 5])
            {
                int inputs = T.Description.Inputs[0].Length, outputs = T.Description.Outputs[0].Length;
                for (var element = 0; element < inputs; element++)
                {
                    var (x, y) = (new float[batch * inputs], new float[batch * outputs]);
                    for (var i = 0; i < x.Length; i++) x[i] = MathF.Sin(i);
                    x[((batch - 1) * inputs) + element] = float.NaN;
                    network.ForwardAll(x, y);
                    for (var o = 0; o < y.Length; o++)
                    {
                        var expected = o / outputs == batch - 1 && isPart(element, o % outputs);
                        Assert.True(float.IsNaN(y[o]) == expected, $"{name}, {path}, batch {batch}: with NaN at {element} of the last sample, output {o} is {y[o]}.");
                    }

                    Assert.True(float.IsNaN(trainer.ComputeGradients(x, new float[y.Length])), $"{name}, {path}, batch {batch}: with NaN at {element}, the loss is a number.");
                }
            }
        }
    }

    private static NetworkSpec Of(string name, params LayerSpec[] layers) => Cases.Named(name, Chain(Loss("MeanSquaredError"), layers));
}
