using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

/// <summary>The losses that are no layers, beside the same in libtorch: values, and gradients with respect to the outputs.</summary>
public sealed class OwnLossTests
{
    [SkippableTheory]
    [InlineData(4, 12, 6, 4, 0, 1, false)]
    [InlineData(3, 12, 6, 4, 3, 4, false)]
    [InlineData(5, 50, 29, 9, 28, 3, false)]
    [InlineData(3, 50, 29, 9, 28, 30, true)]
    [InlineData(2, 9, 3, 0, 1, 1, false)]
    [InlineData(6, 8, 3, 6, 1, 2, true)]
    [InlineData(6, 8, 3, 6, 1, 2, false)]
    [InlineData(2, 1000, 11, 150, 0, 3, false)]
    public void Temporal_classification_agrees_with_libtorch(int batch, int steps, int classes, int most, int blank, float scale, bool zeroInfinity)
    {
        Libtorch.Require();
        var random = new Random(batch + steps);
        var outputs = Comparison.Inputs(batch * steps * classes, scale, random);
        var stepCounts = Enumerable.Range(0, batch).Select(i => i == 0 ? steps : random.Next(Math.Max(1, steps / 2), steps + 1)).ToArray();
        var labelCounts = Enumerable.Range(0, batch).Select(i => i == 0 ? most : random.Next(0, most + 1)).ToArray();
        var labels = Enumerable.Range(0, batch * most).Select(_ => (float)((blank + random.Next(1, classes)) % classes)).ToArray();
        float[] ours = [.. most == 0 ? Enumerable.Repeat(-1f, batch) : labels.Select((l, i) => i % most < labelCounts[i / most] ? l : -1)];

        var exact = Torch(float64);
        var inFloat = Torch(float32);
        var loss = new CtcLoss(steps, classes, blank) { ZeroInfinity = zeroInfinity };
        var gradients = new float[outputs.Length];
        var value = loss.Compute(outputs, ours, stepCounts, gradients);
        var isPossible = Enumerable.Range(0, batch).All(i => Needed(labels.AsSpan(i * most, labelCounts[i])) <= stepCounts[i]);
        Assert.Equal(!isPossible && !zeroInfinity, double.IsInfinity(exact.Loss[0]));
        if (double.IsInfinity(exact.Loss[0]))
        {
            // libtorch's gradients of samples that are impossible are no numbers, and ours are 0; all others are the same.
            Assert.Equal(float.PositiveInfinity, value);
            Assert.Contains(exact.Gradients, double.IsNaN);
            for (var i = 0; i < gradients.Length; i++)
                if (double.IsNaN(exact.Gradients[i])) Assert.Equal(0, gradients[i]);
            exact.Gradients = Array.ConvertAll(exact.Gradients, g => double.IsNaN(g) ? 0 : g);
            inFloat.Gradients = Array.ConvertAll(inFloat.Gradients, g => double.IsNaN(g) ? 0 : g);
        }
        else
        {
            Comparison.Close("the loss", exact.Loss, inFloat.Loss, [value]);
        }

        Comparison.Close("the gradient", exact.Gradients, inFloat.Gradients, gradients);

        (double[] Loss, double[] Gradients) Torch(ScalarType precision)
        {
            using var scope = NewDisposeScope();
            var x = TorchRun.Of(outputs, precision, batch, steps, classes).requires_grad_();
            var targets = tensor(Array.ConvertAll(labels, l => (long)l), batch, most);
            var result = functional.ctc_loss(functional.log_softmax(x, 2).transpose(0, 1), targets, tensor(Array.ConvertAll(stepCounts, c => (long)c)),
                tensor(Array.ConvertAll(labelCounts, c => (long)c)), blank, zeroInfinity);
            result.backward();
            return (TorchRun.Numbers(result), TorchRun.Numbers(x.grad!));
        }

        static int Needed(ReadOnlySpan<float> row)
        {
            var needed = row.Length;
            for (var i = 1; i < row.Length; i++) needed += row[i] == row[i - 1] ? 1 : 0;
            return needed;
        }
    }

    [SkippableTheory]
    [InlineData(2, 3, 0.07f, true, 1)]
    [InlineData(5, 17, 0.07f, true, 1)]
    [InlineData(32, 64, 0.07f, true, 3)]
    [InlineData(32, 64, 0.5f, true, 100)]
    [InlineData(65, 40, 0.2f, true, 1e-3f)]
    [InlineData(200, 128, 0.07f, true, 1)]
    [InlineData(19, 33, 1, false, 1)]
    [InlineData(19, 33, 2, false, 5)]
    public void Contrast_agrees_with_libtorch(int pairs, int size, float temperature, bool normalize, float scale)
    {
        Libtorch.Require();
        var outputs = Comparison.Inputs(2 * pairs * size, scale, new Random(pairs));

        // Pairs that have learned something.
        for (var i = 0; i < pairs * size / 2; i++) outputs[(pairs * size) + i] = (0.3f * outputs[(pairs * size) + i]) + outputs[i];
        var exact = Torch(float64);
        var inFloat = Torch(float32);
        var gradients = new float[outputs.Length];
        var value = new InfoNceLoss(size) { Temperature = temperature, Normalize = normalize }.Compute(outputs, [], gradients);
        Comparison.Close("the loss", exact.Loss, inFloat.Loss, [value]);
        Comparison.Close("the gradient", exact.Gradients, inFloat.Gradients, gradients);

        (double[] Loss, double[] Gradients) Torch(ScalarType precision)
        {
            using var scope = NewDisposeScope();
            var x = TorchRun.Of(outputs, precision, 2, pairs, size).requires_grad_();
            var vectors = normalize ? functional.normalize(x, dim: 2) : x;
            var logits = vectors[0].matmul(vectors[1].transpose(0, 1)) / (double)temperature;
            var right = arange(pairs, int64);
            var result = (functional.cross_entropy(logits, right) + functional.cross_entropy(logits.transpose(0, 1), right)) / 2;
            result.backward();
            return (TorchRun.Numbers(result), TorchRun.Numbers(x.grad!));
        }
    }
}
