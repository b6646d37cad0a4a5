namespace NetCompiler.Benchmarks.Compare;

/// <summary>
/// What a network cannot be computed without, by the direct method: the multiplications and additions of dense layers and convolutions (of an
/// image with its padding), and the weights. Winograd convolutions need less arithmetic, so they may exceed 100 % of this limit.
/// </summary>
/// <param name="Flops">Of one sample's prediction.</param>
/// <param name="FirstFlops">The first contraction's part: training needs no gradient of its input.</param>
/// <param name="Weights">Weights and biases; what a normalisation folds into them is not counted again.</param>
internal sealed record Cost(double Flops, double FirstFlops, long Weights)
{
    /// <summary>Forward, gradient of the weights, gradient of the inputs.</summary>
    public double TrainingFlops => (3 * Flops) - FirstFlops;

    public long PredictionBytes => Weights * sizeof(float);

    /// <summary>Adam reads and writes the weights and both moments.</summary>
    public long TrainingBytes => 6 * Weights * sizeof(float);

    /// <summary>Memory that those bytes are in.</summary>
    public long TrainingFootprint => 3 * Weights * sizeof(float);

    public static Cost Of(Step[] steps, int[] input)
    {
        var counter = new Counter();
        counter.Visit(steps, input);
        return new(counter.Flops, counter.First, counter.Weights);
    }

    private sealed class Counter
    {
        public double Flops { get; private set; }

        public double First { get; private set; }

        public long Weights { get; private set; }

        public int[] Visit(Step[] steps, int[] shape)
        {
            foreach (var step in steps)
            {
                switch (step)
                {
                    case Dense dense:
                        Contract((long)shape[^1] * dense.Units, dense.Bias ? dense.Units : 0, positions: shape.Length > 1 ? shape[0] : 1, owns: dense.TiedTo is null);
                        shape = [.. shape[..^1], dense.Units];
                        break;
                    case Embedding embedding:
                        Weights += (long)embedding.Vocabulary * embedding.Width;
                        shape = [.. shape, embedding.Width];
                        break;
                    case Positions: Weights += shape.Aggregate(1, (a, b) => a * b); break;
                    case CausalAttention:
                        Contract(4L * shape[1] * shape[1], 0, shape[0]);
                        Flops += 2.0 * shape[0] * (shape[0] + 1) * shape[1]; // two products, of each position with those up to it
                        break;
                    case Conv conv:
                        int[] output = [conv.Channels, (shape[1] + conv.Stride - 1) / conv.Stride, (shape[2] + conv.Stride - 1) / conv.Stride];
                        Contract((long)conv.Channels * (conv.Depthwise ? 1 : shape[0]) * conv.Kernel * conv.Kernel, conv.Channels, output[1] * output[2]);
                        shape = output;
                        break;
                    case Residual residual:
                        Visit(residual.Shortcut, shape);
                        shape = Visit(residual.Main, shape);
                        break;
                    case MaxPool: shape = [shape[0], shape[1] / MaxPool.Size, shape[2] / MaxPool.Size]; break;
                    case GlobalAverage: shape = [shape[0]]; break;
                    case Flatten: shape = [shape.Aggregate(1, (a, b) => a * b)]; break;
                }
            }

            return shape;
        }

        private void Contract(long weights, int biases, long positions, bool owns = true)
        {
            var flops = 2.0 * weights * positions;
            if (Flops == 0 && Weights == 0) First = flops; // what is learned before it needs its gradient
            Flops += flops;
            if (owns) Weights += weights + biases;
        }
    }
}
