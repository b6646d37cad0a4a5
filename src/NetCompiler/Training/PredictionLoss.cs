namespace NetCompiler;

/// <summary>Judges predictions in double precision. Training computes its loss itself; this is for data that is not trained on.</summary>
internal sealed class PredictionLoss
{
    private readonly TensorDescription[] outputs;
    private readonly LabelDescription[] labels;
    private readonly LossDescription? loss;

    public PredictionLoss(NetworkDescription description, TrainingDescription training)
    {
        outputs = description.Outputs;
        labels = training.Labels;
        loss = training.Loss;
        IsBinary = loss?.Kind == "BinaryCrossEntropy";
        HasAccuracy = IsBinary || labels.All(l => l.Classes > 0);
        HasLoss = loss is not null;
    }

    public bool HasLoss { get; }

    public bool HasAccuracy { get; }

    private bool IsBinary { get; }

    /// <summary>Adds the losses of one sample's outputs; and counts right predictions among all.</summary>
    /// <param name="output">Which output.</param>
    /// <param name="prediction">Its values for this sample.</param>
    /// <param name="expected">The labels for this output and sample, as floats.</param>
    /// <param name="right">Right predictions so far.</param>
    /// <returns>The sample's loss for this output: the mean over its positions, where those with a class number of -1 add 0.</returns>
    public double Sample(int output, ReadOnlySpan<float> prediction, ReadOnlySpan<float> expected, ref long right) => labels[output].Classes > 0
        ? Classes(output, prediction, expected, ref right)
        : Floats(prediction, expected, ref right);

    private double Classes(int output, ReadOnlySpan<float> prediction, ReadOnlySpan<float> expected, ref long right)
    {
        // The class dimension is the channels of an image and the last dimension of anything else.
        int[] shape = outputs[output].Shape;
        int classes = labels[output].Classes;
        int stride = shape.Length == 3 ? shape[1] * shape[2] : 1;
        double smoothing = loss?.LabelSmoothing ?? 0;
        double sum = 0;
        for (int position = 0; position < expected.Length; position++)
        {
            if (expected[position] < 0)
            {
                continue;
            }

            int first = shape.Length == 3 ? position : position * classes;
            int best = 0;
            double total = 0;
            for (int c = 1; c < classes; c++)
            {
                best = prediction[first + (c * stride)] > prediction[first + (best * stride)] ? c : best;
            }

            // The exponential of the highest itself is 1: what the others add to it may be less than the last digit of 1.
            double highest = prediction[first + (best * stride)];
            double others = 0;
            for (int c = 0; c < classes; c++)
            {
                double lack = highest - prediction[first + (c * stride)];
                others += c == best ? 0 : Math.Exp(-lack);
                total += lack;
            }

            int label = (int)expected[position];
            sum += LogOfOneAnd(others) + ((1 - smoothing) * (highest - prediction[first + (label * stride)])) + (smoothing * (total / classes));

            // NaN compares false with everything; it must not pass for a prediction of class 0.
            right += best == label && double.IsFinite(highest + others) ? 1 : 0;
        }

        return sum / expected.Length;
    }

    private double Floats(ReadOnlySpan<float> prediction, ReadOnlySpan<float> expected, ref long right)
    {
        double sum = 0;
        double delta = loss?.HuberDelta ?? 1;
        for (int i = 0; i < expected.Length; i++)
        {
            double x = prediction[i];
            double y = expected[i];
            double distance = Math.Abs(x - y);
            sum += loss?.Kind switch
            {
                null => 0,
                "BinaryCrossEntropy" => (((x > 0 ? 1 : 0) - y) * x) + LogOfOneAnd(Math.Exp(-Math.Abs(x))),
                "MeanSquaredError" => distance * distance,
                "MeanAbsoluteError" => distance,
                "Huber" => distance <= delta ? 0.5 * distance * distance : delta * (distance - (0.5 * delta)),
                _ => throw new NotSupportedException($"The loss '{loss.Kind}' is not one that predictions can be judged by."),
            };
            right += IsBinary && (x > 0) == (y > 0.5) && !double.IsNaN(x) ? 1 : 0;
        }

        return sum / expected.Length;
    }

    /// <summary>log(1 + x) with all digits also where x is small: double.LogP1 adds first (.NET 10). Kahan: what rounding does to 1 + x, the quotient undoes.</summary>
    private static double LogOfOneAnd(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * (x / (sum - 1));
    }
}
