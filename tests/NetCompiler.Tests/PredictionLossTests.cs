namespace NetCompiler.Tests;

/// <summary>Losses of predictions, as Evaluate computes them from the network's outputs.</summary>
public sealed class PredictionLossTests
{
    /// <summary>Beside the digits of decimals with forty of them.</summary>
    [Theory]
    [InlineData(40, 1, 4.2483542552915890e-18)]
    [InlineData(-40, 0, 4.2483542552915890e-18)]
    [InlineData(15, 1, 3.0590227371372049e-7)]
    [InlineData(-0.5, 1, 0.97407698418010668)]
    [InlineData(-0.5, 0.25, 0.59907698418010668)]
    [InlineData(0, 0.5, 0.69314718055994531)]
    [InlineData(900, 0, 900)]
    [InlineData(900, 1, 0)]
    [InlineData(-900, 1, 900)]
    public void Binary_cross_entropy_keeps_its_digits(float logit, float label, double expected) =>
        Assert.Equal(expected, Loss("BinaryCrossEntropy", 0, [logit], [label], classes: 0).Loss, expected * 1e-14);

    [Theory]
    [InlineData(0, 0, 40, 0, 4.2483542552915890e-18)]
    [InlineData(1, 0, 40, 0, 40)]
    [InlineData(1, 1, 3, 3, 0.69314718055994531)]
    [InlineData(0, 1, 3, 3, 0.69314718055994531)]
    [InlineData(0, 0, 1040, 1000, 4.2483542552915890e-18)]
    public void Cross_entropy_keeps_its_digits(int label, int highest, float a, float b, double expected)
    {
        (double loss, long right) = Loss("SoftmaxCrossEntropy", 0, [a, b], [label], classes: 2);
        Assert.Equal(expected, loss, expected * 1e-14);

        // Of equal logits the first is the prediction.
        Assert.Equal(a == b ? label == 0 : label == highest, right == 1);
    }

    [Fact]
    public void Cross_entropy_is_smoothed_towards_the_mean_over_the_classes()
    {
        float[] logits = [1, 3, -2];
        double logSum = Math.Log(logits.Sum(l => Math.Exp(l)));
        double expected = (0.9 * (logSum - 1)) + (0.1 * logits.Average(l => logSum - l));
        Assert.Equal(expected, Loss("SoftmaxCrossEntropy", 0.1f, logits, [0], classes: 3).Loss, 1e-8);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    public void A_label_of_minus_one_adds_nothing_whatever_the_logits(float smoothing)
    {
        Assert.Equal((0, 0), Loss("SoftmaxCrossEntropy", smoothing, [3, 1], [-1], classes: 2));
        Assert.Equal((0, 0), Loss("SoftmaxCrossEntropy", smoothing, [float.NaN, 1], [-1], classes: 2));
    }

    [Theory]
    [InlineData(float.NaN, 1)]
    [InlineData(1, float.NaN)]
    [InlineData(float.PositiveInfinity, 1)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    public void Logits_that_are_no_numbers_are_never_right(float a, float b)
    {
        (double loss, long right) = Loss("SoftmaxCrossEntropy", 0, [a, b], [0], classes: 2);
        Assert.Equal((double.NaN, 0), (loss, right));
    }

    private static (double Loss, long Right) Loss(string kind, float smoothing, float[] prediction, float[] label, int classes)
    {
        NetworkDescription description = new()
        {
            Name = "Judged",
            Inputs = [],
            Outputs = [new TensorDescription("Output", [prediction.Length])],
            Parameters = [],
            StorageLength = 0,
            TrainableLength = 0,
        };
        TrainingDescription training = new()
        {
            Phases = [],
            ChunkSize = 1,
            StaticLength = 2,
            SampleLength = 0,
            ChunkLength = 1,
            ScratchLength = 0,
            LossOffset = 1,
            InverseBatchOffset = 0,
            InputGradientOffsets = [],
            Labels = [new LabelDescription(label.Length == 1 ? [] : [label.Length], classes)],
            Loss = new LossDescription(kind, smoothing, 1),
        };
        long right = 0;
        double loss = new PredictionLoss(description, training).Sample(0, prediction, label, ref right);
        return (loss, right);
    }
}
