namespace NetCompiler.Tests;

public sealed class SeveralInputsTests
{
    private static readonly float[] A = [1, 2, 3, 4, 5];
    private static readonly float[] B = [.1f, .2f, .3f, .4f, .5f, .6f, .7f, .8f, .9f, 1];
    private static readonly int[] P = [0, 1, 1, 0, 1];
    private static readonly int[] Q = [0, 1, 2, 2, 1, 0, 0, 0, 2, 1];

    [Fact]
    public void Data_sets_hold_samples_together_and_steps_hold_inputs_together()
    {
        using Trainer<TwoByTwo> trainer = new(new TwoByTwo(), new AdamW(), threads: 2);
        float expected = TwoByTwo.TrainingLoss(A, B, Floats(P), Floats(Q));
        Assert.Equal(expected, trainer.Step([.. A, .. B], [.. P, .. Q]));
        FitResult result = trainer.Fit(Data(), new FitOptions { Epochs = 1, BatchSize = 5, Shuffle = false });
        Assert.Equal(expected, result.History[0].Loss);
    }

    [Fact]
    public void Input_gradients_come_in_the_order_of_the_inputs()
    {
        using Trainer<TwoByTwo> trainer = new(new TwoByTwo(), new AdamW(), threads: 1);
        trainer.ComputeGradients([.. A, .. B], [.. P, .. Q]);
        float[] gradient = new float[15];
        trainer.InputGradient.CopyTo(gradient);
        Assert.Equal([1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2], gradient);
    }

    [Fact]
    public void Evaluation_sums_the_losses_of_outputs_and_averages_those_of_positions()
    {
        using Trainer<TwoByTwo> trainer = new(new TwoByTwo(), new AdamW(), threads: 2);
        EvaluationResult result = trainer.Evaluate(Data());
        double loss = 0;
        int right = 0;
        for (int i = 0; i < 5; i++)
        {
            loss += Smoothed([0, A[i]], P[i]);
            for (int t = 0; t < 2; t++)
            {
                loss += Smoothed([.. Enumerable.Range(3 * t, 3).Select(c => (double)(c * B[(2 * i) + t]))], Q[(2 * i) + t]) / 2;
            }

            // All numbers are positive, so the last class has the highest.
            right += (P[i] == 1 ? 1 : 0) + (Q[2 * i] == 2 ? 1 : 0) + (Q[(2 * i) + 1] == 2 ? 1 : 0);
        }

        Assert.Equal(loss / 5, result.Loss!.Value, 1e-6);
        Assert.Equal(right / 15.0, result.Accuracy);
    }

    [Fact]
    public void Labels_out_of_range_name_the_output()
    {
        using Trainer<TwoByTwo> trainer = new(new TwoByTwo(), new AdamW(), threads: 1);
        ArgumentException first = Assert.Throws<ArgumentException>(() => trainer.Step([.. A, .. B], [0, 2, 0, 0, 0, .. Q]));
        Assert.Contains("labels[1] is 2, but output 'P'", first.Message, StringComparison.Ordinal);
        ArgumentException second = Assert.Throws<ArgumentException>(() => trainer.Step([.. A, .. B], [.. P, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0]));
        Assert.Contains("labels[7] is 3, but output 'Q'", second.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_without_a_count_is_told_that_each_label_was_taken_for_a_sample()
    {
        using Trainer<TwoByTwo> trainer = new(new TwoByTwo(), new AdamW(), threads: 1);
        string message = Assert.Throws<ArgumentException>(() => trainer.Evaluate(new DataSet(new float[15], new int[15]))).Message;
        Assert.Contains("1 floats for each sample; TwoByTwo takes 3.", message, StringComparison.Ordinal);
        Assert.Contains("TwoByTwo wants 3 labels for each: give the count too.", message, StringComparison.Ordinal);
        Assert.DoesNotContain("count", Assert.Throws<ArgumentException>(() => trainer.Evaluate(new DataSet(new float[30], new int[15]))).Message, StringComparison.Ordinal);
    }

    private static DataSet Data()
    {
        float[] inputs = [.. Enumerable.Range(0, 5).SelectMany(i => new[] { A[i], B[2 * i], B[(2 * i) + 1] })];
        int[] labels = [.. Enumerable.Range(0, 5).SelectMany(i => new[] { P[i], Q[2 * i], Q[(2 * i) + 1] })];
        return new DataSet(inputs, labels, 5);
    }

    private static float[] Floats(int[] values) => [.. values.Select(v => (float)v)];

    // PyTorch's cross entropy with label smoothing 0.1, by its definition.
    private static double Smoothed(double[] logits, int label)
    {
        double logSum = Math.Log(logits.Sum(Math.Exp));
        double smoothing = 0.1f;
        return logits.Select((x, c) => ((c == label ? 1 - smoothing : 0) + (smoothing / logits.Length)) * (logSum - x)).Sum();
    }
}
