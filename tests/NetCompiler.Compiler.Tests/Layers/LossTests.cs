using NetCompiler.Compiler.Autodiff;
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
    [InlineData(0, new[] { 5 }, 0, 0)]
    [InlineData(0.1, new[] { 5 }, 0, 0)]
    [InlineData(0, new[] { 3, 5 }, 1, 0)]
    [InlineData(0.2, new[] { 5, 2, 3 }, 0, 0)]
    [InlineData(0, new[] { 5 }, 0, 2)]
    [InlineData(0.1, new[] { 5 }, 0, 3)]
    [InlineData(0, new[] { 3, 5 }, 1, 4)]
    [InlineData(0.2, new[] { 3, 5 }, 1, 1)]
    [InlineData(0.2, new[] { 5, 2, 3 }, 0, 2)]
    public void SoftmaxCrossEntropy_over_classes_and_positions_that_count(double smoothing, int[] shape, int axis, int leaveOut)
    {
        const int Batch = 4;
        var length = shape.Aggregate(1, (a, b) => a * b);
        var classes = shape[axis];
        var positions = length / classes;
        var stride = axis == 0 ? positions : 1;
        double[] x = [.. Enumerable.Range(0, Batch * length).Select(i => 500 + (3 * Math.Sin(i * 1.7)))];
        double[] labels = [.. Enumerable.Range(0, Batch * positions).Select(i => leaveOut > 0 && i % (leaveOut + 1) != 1 ? -1.0 : i * 7 % classes)];

        var total = 0.0;
        var counted = 0;
        for (var b = 0; b < Batch; b++)
            for (var p = 0; p < positions; p++)
            {
                if (labels[(b * positions) + p] < 0) continue;
                counted++;
                var first = (b * length) + (axis == 0 ? p : p * classes);
                var logits = Enumerable.Range(0, classes).Select(c => x[first + (c * stride)] - 500).ToArray();
                var logSum = Math.Log(logits.Sum(Math.Exp));
                total += (1 - smoothing) * (logSum - logits[(int)labels[(b * positions) + p]]);
                total += smoothing * logits.Average(l => logSum - l);
            }

        var loss = LossOf(Loss("SoftmaxCrossEntropy", ("LabelSmoothing", smoothing)), shape, Batch, x, labels);
        Assert.Equal(leaveOut == 0, counted == Batch * positions);
        Assert.Equal(total / counted, loss, 1e-12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    public void Where_no_label_counts_loss_and_gradients_are_0(double smoothing)
    {
        var program = Differentiate.Run(LoweringStage.Lower(Build(Chain(Loss("SoftmaxCrossEntropy", ("LabelSmoothing", smoothing)), Input(2, 3))), training: true));
        var run = new DoubleInterpreter(program, 2) { [program.Inputs.Single()] = [1, 2, 3, 4, 5, 6, -1, 0, 1, 5, 5, 5], [program.Labels.Single()] = [-1, -1, -1, -1] };
        run.Run();
        Assert.Equal(0, run[program.Loss!].Single());
        Assert.All(run[program.InputGradients.Single()], g => Assert.Equal(0, g));

        // What is counted is what there is at each run; one position alone has the loss of a minibatch of it.
        run[program.Labels.Single()] = [-1, -1, 2, -1];
        run.Run();
        Assert.Equal(LossOf(Loss("SoftmaxCrossEntropy", ("LabelSmoothing", smoothing)), [3], 1, [-1, 0, 1], [2]), run[program.Loss!].Single(), 1e-15);
        Assert.All(run[program.InputGradients.Single()].Where((_, i) => i / 3 != 2), g => Assert.Equal(0, g));
        Assert.All(run[program.InputGradients.Single()].Skip(6).Take(3), g => Assert.NotEqual(0, g));
    }

    [Fact]
    public void Of_several_outputs_each_is_the_mean_of_its_own_positions_that_count()
    {
        var loss = Loss("SoftmaxCrossEntropy");
        var program = LoweringStage.Lower(Build(Network(loss, [], Out("A", Input(2, 3)), Out("B", Input(2)))), training: true);
        double[] a = [1, 2, 4, 0, 3, 1, 2, 2, 5, 1, 0, 0];
        double[] b = [1, 0, 2, 5];
        Assert.Equal(LossOf(loss, [3], 3, [0, 3, 1, 2, 2, 5, 1, 0, 0], [2, 0, 1]) + LossOf(loss, [2], 1, [2, 5], [0]), Of([-1, 2, 0, 1], [-1, 0]), 1e-12);
        Assert.Equal(LossOf(loss, [2, 3], 2, a, [2, 2, 0, 1]), Of([2, 2, 0, 1], [-1, -1]), 1e-12);

        double Of(double[] ofA, double[] ofB)
        {
            var run = new DoubleInterpreter(program, 2);
            (run[program.Inputs[0]], run[program.Inputs[1]]) = (a, b);
            (run[program.Labels[0]], run[program.Labels[1]]) = (ofA, ofB);
            run.Run();
            return run[program.Loss!].Single();
        }
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

    /// <summary>In floats: small losses must not come about as differences of numbers that are not small.</summary>
    [Theory]
    [InlineData(15, 1)]
    [InlineData(30, 1)]
    [InlineData(-15, 0)]
    [InlineData(-30, 0)]
    [InlineData(12, 0.9999999)]
    [InlineData(-1.3, 0.3)]
    public void BinaryCrossEntropy_keeps_its_digits(double logit, double label)
    {
        var (t, x) = ((float)label, (float)logit);
        var u = Math.Exp(-Math.Abs(x));
        var (sigmoid, other) = x > 0 ? (1 / (1 + u), u / (1 + u)) : (u / (1 + u), 1 / (1 + u));
        var expected = (x > 0 ? (1.0 - t) * x : -t * (double)x) + SpecialFunctions.Log1P(u);
        var (loss, gradient) = InFloats(Loss("BinaryCrossEntropy"), [x], t);
        Assert.Equal(1, loss / expected, 3e-7);
        Assert.Equal(1, gradient[0] / (((1.0 - t) * sigmoid) - (t * other)), 3e-7);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.05)]
    public void SoftmaxCrossEntropy_keeps_its_digits_where_logits_are_far_from_0(double smoothing)
    {
        double[] logits = [0, -10, -11, -12];
        var loss = Loss("SoftmaxCrossEntropy", ("LabelSmoothing", smoothing));
        var (near, slopes) = InFloats(loss, logits, 0);
        Assert.Equal(1, near / (SpecialFunctions.Log1P(logits.Skip(1).Sum(Math.Exp)) - (smoothing * logits.Average())), 2e-3);

        // Differences of whole numbers are exact: nothing else may depend on where the logits are.
        foreach (var shift in new[] { 16, 1010, 1e6 })
        {
            var (far, farSlopes) = InFloats(loss, [.. logits.Select(l => l + shift)], 0);
            Assert.Equal(near, far);
            Assert.Equal(slopes, farSlopes);
        }
    }

    /// <summary>The loss of one sample and its gradient, each operation rounded to a float.</summary>
    private static (double Loss, double[] Gradient) InFloats(LossSpec loss, double[] x, double label)
    {
        var program = Differentiate.Run(LoweringStage.Lower(Build(Chain(loss, Input(x.Length))), training: true));
        var run = new DoubleInterpreter(program, 1) { [program.Inputs.Single()] = x, [program.Labels.Single()] = [label], Rounding = () => 0 };
        run.Run();
        return (run[program.Loss!].Single(), run[program.InputGradients.Single()]);
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
