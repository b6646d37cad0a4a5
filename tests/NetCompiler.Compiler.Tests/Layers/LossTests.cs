using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Layers;

/// <summary>Losses against their definitions: the mean over the minibatch, and over positions or elements.</summary>
public class LossTests
{
    private static double LossOf(LossSpec loss, int[] shape, int batch, double[] x, double[] labels)
    {
        var program = LoweringStage.Lower(Build(Chain(loss, Input(shape))), training: true);
        ProgramVerifier.Verify(program);
        var run = new DoubleInterpreter(program, batch) { [program.Inputs.Single()] = x, [program.Labels.Single()] = labels };
        run.Run();
        Assert.False(program.Loss!.Batched);
        return run[program.Loss].Single();
    }

    [Theory]
    [InlineData(0, new[] { 5 }, 0)]
    [InlineData(0.1, new[] { 5 }, 0)]
    [InlineData(0, new[] { 3, 5 }, 1)]
    [InlineData(0.2, new[] { 5, 2, 3 }, 0)]
    public void SoftmaxCrossEntropy_over_classes_and_positions(double smoothing, int[] shape, int axis)
    {
        const int Batch = 4;
        var length = shape.Aggregate(1, (a, b) => a * b);
        var classes = shape[axis];
        var positions = length / classes;
        var stride = axis == 0 ? positions : 1;
        double[] x = [.. Enumerable.Range(0, Batch * length).Select(i => 500 + (3 * Math.Sin(i * 1.7)))];
        double[] labels = [.. Enumerable.Range(0, Batch * positions).Select(i => (double)(i * 7 % classes))];

        var total = 0.0;
        for (var b = 0; b < Batch; b++)
            for (var p = 0; p < positions; p++)
            {
                var first = (b * length) + (axis == 0 ? p : p * classes);
                var logits = Enumerable.Range(0, classes).Select(c => x[first + (c * stride)] - 500).ToArray();
                var logSum = Math.Log(logits.Sum(Math.Exp));
                total += (1 - smoothing) * (logSum - logits[(int)labels[(b * positions) + p]]);
                total += smoothing * logits.Average(l => logSum - l);
            }

        var loss = LossOf(Loss("SoftmaxCrossEntropy", ("LabelSmoothing", smoothing)), shape, Batch, x, labels);
        Assert.Equal(total / (Batch * positions), loss, 1e-12);
    }

    public static TheoryData<string, double, double, double> Elements => new()
    {
        { "MeanSquaredError", 3, 1, 4 },
        { "MeanAbsoluteError", 3, 5, 2 },
        { "Huber", 1, 1.3, 0.5 * 0.3 * 0.3 },
        { "Huber", 1, -4, 0.7 * (5 - 0.35) },
        { "BinaryCrossEntropy", 0.8, 1, -Math.Log(1 / (1 + Math.Exp(-0.8))) },
        { "BinaryCrossEntropy", 0.8, 0.25, (-0.25 * Math.Log(1 / (1 + Math.Exp(-0.8)))) - (0.75 * Math.Log(1 - (1 / (1 + Math.Exp(-0.8))))) },
        { "BinaryCrossEntropy", 900, 1, 0 },
        { "BinaryCrossEntropy", 900, 0, 900 },
        { "BinaryCrossEntropy", -900, 1, 900 },
        { "BinaryCrossEntropy", -900, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(Elements))]
    public void Element_losses_have_their_values_and_take_the_mean(string kind, double output, double label, double expected)
    {
        var loss = Loss(kind, ("HuberDelta", 0.7), ("LabelSmoothing", 0));
        Assert.Equal(expected, LossOf(loss, [1], 1, [output], [label]), 1e-12);

        // Beside five elements whose loss is 0 or a known number.
        var other = LossOf(loss, [1], 1, [0.5], [0.5]);
        Assert.Equal((expected + (5 * other)) / 6, LossOf(loss, [3], 2, [0.5, 0.5, output, 0.5, 0.5, 0.5], [0.5, 0.5, label, 0.5, 0.5, 0.5]), 1e-12);
    }

    [Fact]
    public void The_losses_of_several_outputs_add_up()
    {
        var spec = Network(Loss("MeanAbsoluteError"), [], Out("A", Input(2)), Out("B", Input(1)));
        var program = LoweringStage.Lower(Build(spec), training: true);
        ProgramVerifier.Verify(program);
        var run = new DoubleInterpreter(program, 2);
        (run[program.Inputs[0]], run[program.Inputs[1]]) = ([1, 2, 3, 4], [10, 20]);
        (run[program.Labels[0]], run[program.Labels[1]]) = ([0, 0, 0, 0], [0, 0]);
        run.Run();
        Assert.Equal(2.5 + 15, run[program.Loss!].Single(), 1e-12);
        Assert.Equal([10, 20], run[program.Outputs[1]]);
    }

    [Fact]
    public void A_network_without_a_loss_has_no_labels()
    {
        var program = LoweringStage.Lower(Build(Chain(Loss("None"), Input(2), Dense(2))), training: true);
        Assert.Null(program.Loss);
        Assert.Empty(program.Labels);
    }
}
