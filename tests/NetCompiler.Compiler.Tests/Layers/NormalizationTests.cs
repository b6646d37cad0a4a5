using NetCompiler.Compiler.Lowering;

namespace NetCompiler.Compiler.Tests.Layers;

public class NormalizationTests
{
    [Theory]
    [InlineData("", 3, 5, 7)]
    [InlineData("Epsilon=0.01 Momentum=0.3", 3, 5, 7)]
    [InlineData("Affine=false", 3, 1, 2)]
    [InlineData("", 6)]
    [InlineData("Affine=false Momentum=0", 6)]
    public void BatchNorm_trains_on_the_minibatch(string arguments, params int[] shape)
    {
        const int batch = 4;
        var run = new LayerRun(new BatchNorm(), shape, LayerRun.Parse(arguments), batch, training: true, mean: 3);
        var positions = shape.Skip(1).Aggregate(1, (a, b) => a * b);
        var epsilon = arguments.Contains("Epsilon", StringComparison.Ordinal) ? 0.01 : 1e-5;
        var momentum = arguments.Contains("Momentum=0.3", StringComparison.Ordinal) ? 0.3 : arguments.Contains("Momentum=0", StringComparison.Ordinal) ? 0 : 0.1;
        for (var c = 0; c < shape[0]; c++)
        {
            var at = (from b in Enumerable.Range(0, batch) from p in Enumerable.Range(0, positions) select (((b * shape[0]) + c) * positions) + p).ToList();
            var mean = at.Average(i => run.Input[i]);
            var squares = at.Sum(i => Math.Pow(run.Input[i] - mean, 2));
            foreach (var i in at)
            {
                var expected = (run.Input[i] - mean) / Math.Sqrt((squares / at.Count) + epsilon);
                if (run.Has("weight")) expected = (expected * run.Parameter("weight")[c]) + run.Parameter("bias")[c];
                Assert.Equal(expected, run.Output[i], 1e-11);
            }

            Assert.Equal(((1 - momentum) * run.Parameter("running_mean")[c]) + (momentum * mean), run.Replacement("running_mean")[c], 1e-12);
            Assert.Equal(((1 - momentum) * run.Parameter("running_var")[c]) + (momentum * squares / (at.Count - 1)), run.Replacement("running_var")[c], 1e-12);
        }
    }

    [Theory]
    [InlineData("", 3, 5, 7)]
    [InlineData("Affine=false Epsilon=0.01", 6)]
    public void BatchNorm_predicts_from_running_statistics(string arguments, params int[] shape)
    {
        var run = new LayerRun(new BatchNorm(), shape, LayerRun.Parse(arguments));
        var epsilon = arguments.Contains("Epsilon", StringComparison.Ordinal) ? 0.01 : 1e-5;
        var positions = run.Input.Length / 2 / shape[0];
        for (var i = 0; i < run.Input.Length; i++)
        {
            var c = i / positions % shape[0];
            var expected = (run.Input[i] - run.Parameter("running_mean")[c]) / Math.Sqrt(run.Parameter("running_var")[c] + epsilon);
            if (run.Has("weight")) expected = (expected * run.Parameter("weight")[c]) + run.Parameter("bias")[c];
            Assert.Equal(expected, run.Output[i], 1e-11);
        }
    }

    [Fact]
    public void BatchNorm_of_a_single_element_stays_finite()
    {
        var run = new LayerRun(new BatchNorm(), [4], [], batch: 1, training: true);
        Assert.Equal(run.Parameter("bias"), run.Output);
        for (var c = 0; c < 4; c++) Assert.Equal(0.9 * run.Parameter("running_var")[c], run.Replacement("running_var")[c], 1e-15);
    }

    [Fact]
    public void BatchNorm_has_the_parameters_of_PyTorch()
    {
        var (node, _, _) = LayerRun.Infer(new BatchNorm(), [6, 5, 7]);
        Assert.Equal(["layer.weight", "layer.bias", "layer.running_mean", "layer.running_var"], node.Parameters.Select(p => p.Name));
        Assert.All(node.Parameters, p => Assert.Equal([6], p.Shape));
        Assert.Equal([1.0, 0, 0, 1], node.Parameters.Select(p => p.Initializer.Constant));
        Assert.Equal([false, false, true, true], node.Parameters.Select(p => p.IsBuffer));
        Assert.Equal(2, LayerRun.Infer(new BatchNorm(), [6], LayerRun.Parse("Affine=false")).Node.Parameters.Count);
    }

    [Theory]
    [InlineData("", 3, 3, 5, 7)]
    [InlineData("Dimensions=1", 1, 3, 5, 7)]
    [InlineData("Dimensions=2 Epsilon=0.01", 2, 3, 5, 7)]
    [InlineData("", 1, 4, 6)]
    [InlineData("Dimensions=2 Affine=false", 2, 4, 6)]
    [InlineData("", 1, 9)]
    public void LayerNorm_normalises_the_last_dimensions(string arguments, int dimensions, params int[] shape)
    {
        var run = new LayerRun(new LayerNorm(), shape, LayerRun.Parse(arguments), mean: 3);
        var count = shape.Skip(shape.Length - dimensions).Aggregate(1, (a, b) => a * b);
        MustNormalize(run, arguments, count, i => i % count);
        if (run.Has("weight")) Assert.Equal(count, run.Parameter("weight").Length);
    }

    [Theory]
    [InlineData("", 3, 3, 5, 7)]
    [InlineData("Dimensions=2 Epsilon=0.01", 2, 3, 5, 7)]
    [InlineData("Affine=false", 1, 4, 6)]
    [InlineData("", 1, 9)]
    public void RmsNorm_divides_by_the_root_of_the_mean_square(string arguments, int dimensions, params int[] shape)
    {
        var run = new LayerRun(new RmsNorm(), shape, LayerRun.Parse(arguments), mean: 3);
        var count = shape.Skip(shape.Length - dimensions).Aggregate(1, (a, b) => a * b);
        var epsilon = arguments.Contains("Epsilon", StringComparison.Ordinal) ? 0.01 : Math.Pow(2, -23);
        Assert.Equal(!arguments.Contains("Affine=false", StringComparison.Ordinal), run.Has("weight"));
        Assert.False(run.Has("bias"));
        for (var i = 0; i < run.Input.Length; i++)
        {
            var root = Math.Sqrt(run.Input.Skip(i / count * count).Take(count).Average(x => x * x) + epsilon);
            Assert.Equal(run.Input[i] / root * (run.Has("weight") ? run.Parameter("weight")[i % count] : 1), run.Output[i], 1e-11);
        }
    }

    [Fact]
    public void RmsNorm_of_zeros_is_zeros()
    {
        var run = new LayerRun(new RmsNorm(), [4], [], zeros: true);
        Assert.All(run.Output, y => Assert.Equal(0, y));
    }

    [Theory]
    [InlineData(1, "", 6, 5, 7)]
    [InlineData(2, "Epsilon=0.01", 6, 5, 7)]
    [InlineData(6, "", 6, 5, 7)]
    [InlineData(3, "Affine=false", 6)]
    public void GroupNorm_normalises_groups_of_channels(int groups, string arguments, params int[] shape)
    {
        var run = new LayerRun(new GroupNorm(), shape, LayerRun.Parse(arguments + " Groups=" + groups), mean: 3);
        var sample = shape.Aggregate(1, (a, b) => a * b);
        MustNormalize(run, arguments, sample / groups, i => i % sample / (sample / shape[0]));
    }

    /// <summary>The channels of a sequence are its last dimension: PyTorch's layer between two transpositions.</summary>
    [Theory]
    [InlineData(1, "")]
    [InlineData(3, "")]
    [InlineData(6, "Affine=false")]
    public void GroupNorm_of_a_sequence_normalises_groups_of_its_features(int groups, string arguments)
    {
        const int steps = 4, channels = 6;
        var run = new LayerRun(new GroupNorm(), [steps, channels], LayerRun.Parse(arguments + " Groups=" + groups), mean: 3);
        for (var i = 0; i < run.Input.Length; i++)
        {
            var (sample, channel) = (i / (steps * channels), i % channels);
            var group = run.Input.Where((_, o) => o / (steps * channels) == sample && o % channels * groups / channels == channel * groups / channels).ToList();
            Assert.Equal(steps * channels / groups, group.Count);
            var mean = group.Average();
            var expected = (run.Input[i] - mean) / Math.Sqrt(group.Average(x => (x - mean) * (x - mean)) + 1e-5);
            if (run.Has("weight")) expected = (expected * run.Parameter("weight")[channel]) + run.Parameter("bias")[channel];
            Assert.Equal(expected, run.Output[i], 1e-11);
        }
    }

    [Fact]
    public void Layer_RMS_and_group_normalisation_have_the_parameters_of_PyTorch()
    {
        var layer = LayerRun.Infer(new LayerNorm(), [6, 5, 7], LayerRun.Parse("Dimensions=2")).Node.Parameters;
        Assert.Equal([5, 7], layer[0].Shape);
        Assert.Equal([5, 7], layer[1].Shape);
        var root = LayerRun.Infer(new RmsNorm(), [6, 5, 7], LayerRun.Parse("Dimensions=2")).Node.Parameters;
        Assert.Equal([5, 7], Assert.Single(root).Shape);
        Assert.Equal(1, root[0].Initializer.Constant);
        var group = LayerRun.Infer(new GroupNorm(), [6, 5, 7], LayerRun.Parse("Groups=2")).Node.Parameters;
        Assert.Equal([6], group[0].Shape);
        Assert.Equal(["layer.weight", "layer.bias"], group.Select(p => p.Name));
    }

    [Fact]
    public void Bad_declarations_are_named()
    {
        LayerRun.MustFail(new BatchNorm(), [2, 3, 5, 7], "NETC0017", "but gets [2, 3, 5, 7]");
        LayerRun.MustFail(new BatchNorm(), [3], "NETC0018", "Epsilon is 0", LayerRun.Parse("Epsilon=0"));
        LayerRun.MustFail(new BatchNorm(), [3], "NETC0018", "Momentum is 1.5", LayerRun.Parse("Momentum=1.5"));
        LayerRun.MustFail(new BatchNorm(), [3], "NETC0018", "Momentum is NaN", LayerRun.Parse("Momentum=NaN"));
        LayerRun.MustFail(new LayerNorm(), [3, 5], "NETC0018", "Dimensions is 3", LayerRun.Parse("Dimensions=3"));
        LayerRun.MustFail(new LayerNorm(), [3, 5], "NETC0018", "Dimensions is 0", LayerRun.Parse("Dimensions=0"));
        LayerRun.MustFail(new LayerNorm(), [3, 5], "NETC0018", "Epsilon is -1", LayerRun.Parse("Epsilon=-1"));
        LayerRun.MustFail(new RmsNorm(), [3, 5], "NETC0018", "RmsNorm: Dimensions is 3", LayerRun.Parse("Dimensions=3"));
        LayerRun.MustFail(new RmsNorm(), [3, 5], "NETC0018", "RmsNorm: Epsilon is 0", LayerRun.Parse("Epsilon=0"));
        LayerRun.MustFail(new GroupNorm(), [6], "NETC0009", "4 groups do not divide 6", LayerRun.Parse("Groups=4"));
        LayerRun.MustFail(new GroupNorm(), [8, 6], "NETC0009", "4 groups do not divide 6", LayerRun.Parse("Groups=4"));
        LayerRun.MustFail(new GroupNorm(), [6], "NETC0010", "Groups is 0", LayerRun.Parse("Groups=0"));
    }

    /// <summary>Elements in runs of <paramref name="count"/> share mean and variance.</summary>
    private static void MustNormalize(LayerRun run, string arguments, int count, Func<int, int> parameter)
    {
        var epsilon = arguments.Contains("Epsilon", StringComparison.Ordinal) ? 0.01 : 1e-5;
        Assert.Equal(!arguments.Contains("Affine=false", StringComparison.Ordinal), run.Has("weight"));
        for (var start = 0; start < run.Input.Length; start += count)
        {
            var group = run.Input.Skip(start).Take(count).ToList();
            var mean = group.Average();
            var variance = group.Average(x => (x - mean) * (x - mean));
            for (var i = start; i < start + count; i++)
            {
                var expected = (run.Input[i] - mean) / Math.Sqrt(variance + epsilon);
                if (run.Has("weight")) expected = (expected * run.Parameter("weight")[parameter(i)]) + run.Parameter("bias")[parameter(i)];
                Assert.Equal(expected, run.Output[i], 1e-11);
            }
        }
    }
}
