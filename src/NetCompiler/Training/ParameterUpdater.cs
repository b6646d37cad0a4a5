using System.Runtime.Intrinsics;

namespace NetCompiler;

/// <summary>
/// The part of a step after the gradients: clips them, keeps the parameters as they were, and lets the optimiser update. Works
/// on each float by itself, and sums in tiles of a fixed size, so the number of threads changes nothing but the time.
/// </summary>
internal sealed unsafe class ParameterUpdater
{
    private const int Tile = 8192;

    private const int Granule = UpdateRanges.Granule;

    private readonly Optimizer optimizer;
    private readonly AlignedBuffer parameters;
    private readonly int trainableLength;
    private readonly int[] ends;
    private readonly double[] tileSums;
    private readonly bool[] kept;
    private readonly UpdateRange[][] ranges;
    private readonly NormWork normWork;
    private readonly UpdateWork updateWork;
    private readonly int stateStride;
    private readonly int stateCount;

    /// <param name="state">The parameters.</param>
    /// <param name="optimizer">How they follow their gradients.</param>
    /// <param name="ranges">What each thread updates.</param>
    public ParameterUpdater(NetworkState state, Optimizer optimizer, UpdateRange[][] ranges)
    {
        this.ranges = ranges;
        this.optimizer = optimizer;
        parameters = state.Buffer;
        trainableLength = state.Description.TrainableLength;
        Trained = [.. state.Description.Parameters.Where(p => !p.IsBuffer).OrderBy(p => p.Offset)];

        // Each parameter owns the storage up to the next one's beginning: its elements and the padding around them, which is
        // 0, has gradient 0, and so stays 0 under any optimiser.
        ends = [.. Trained.Skip(1).Select(p => p.Offset), trainableLength];
        Frozen = new bool[Trained.Length];
        int[]? keptRanges = state.Description.Training?.InputGradientParameters;
        kept = [.. Trained.Select((p, i) => keptRanges is null || keptRanges.Chunk(2).Any(r => r[0] < ends[i] && r[1] > p.Offset))];
        Steps = new long[Trained.Length];
        StateNames = [.. optimizer.StateNames];
        stateCount = StateNames.Length;
        stateStride = (trainableLength + Granule - 1) / Granule * Granule;
        Gradients = new AlignedBuffer(trainableLength, "The gradients");
        Previous = new AlignedBuffer(state.Description.StorageLength, "The last parameters");
        States = new AlignedBuffer((long)stateStride * stateCount, "The optimiser's state");
        tileSums = new double[Tiles];
        normWork = new NormWork(this);
        updateWork = new UpdateWork(this);
    }

    /// <summary>Learned parameters in order of storage.</summary>
    public ParameterDescription[] Trained { get; }

    /// <summary>For each of <see cref="Trained"/>: whether it stays as it is.</summary>
    public bool[] Frozen { get; }

    /// <summary>For each of <see cref="Trained"/>: how often it has been updated.</summary>
    public long[] Steps { get; }

    public string[] StateNames { get; }

    public AlignedBuffer Gradients { get; }

    /// <summary>The parameters before the last update: those that the gradient of the inputs depends on, or all.</summary>
    public AlignedBuffer Previous { get; }

    public AlignedBuffer States { get; }

    private int Tiles => (trainableLength + Tile - 1) / Tile;

    /// <summary>Where in <see cref="States"/> the optimiser keeps its state of that number.</summary>
    public int StateBegin(int index) => index * stateStride;

    public Span<float> State(int index) => States.Span.Slice(StateBegin(index), trainableLength);

    /// <summary>Euclidean norm of all gradients that are not frozen.</summary>
    public double GradientNorm(WorkerPool pool)
    {
        pool.Run(normWork, Tiles);
        double sum = 0;
        foreach (double tile in tileSums)
        {
            sum += tile;
        }

        return Math.Sqrt(sum);
    }

    /// <summary>Updates all parameters that are not frozen.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="clipNorm">Limit of the gradients' norm; null: none.</param>
    /// <param name="keepAll">Whether <see cref="Previous"/> is to have all parameters.</param>
    /// <param name="isSmall">Whether this thread does it alone.</param>
    /// <remarks>An exception of the optimiser's leaves the counts as they were.</remarks>
    public void Update(WorkerPool pool, double learningRate, float? clipNorm, bool keepAll, bool isSmall)
    {
        float scale = 1;
        if (clipNorm is { } limit)
        {
            // PyTorch's clip_grad_norm_. Written so that a NaN norm gives NaN.
            double factor = limit / (GradientNorm(pool) + 1e-6);
            scale = factor >= 1 ? 1 : (float)factor;
        }

        updateWork.LearningRate = learningRate;
        updateWork.GradientScale = scale;
        updateWork.KeepAll = keepAll;
        Count(1);
        try
        {
            if (isSmall)
            {
                updateWork.Run(0, 0, ranges.Length);
            }
            else
            {
                pool.Run(updateWork, ranges.Length);
            }
        }
        catch
        {
            Count(-1);
            throw;
        }
    }

    private void Count(int updates)
    {
        for (int i = 0; i < Steps.Length; i++)
        {
            Steps[i] += Frozen[i] ? 0 : updates;
        }
    }

    private int FirstParameterOf(int position)
    {
        int found = Array.BinarySearch(ends, position + 1);
        return found >= 0 ? found : ~found;
    }

    private int Begin(int parameter) => parameter == 0 ? 0 : ends[parameter - 1];

    private sealed class NormWork(ParameterUpdater owner) : PoolWork
    {
        public override void Run(int worker, int begin, int end)
        {
            for (int tile = begin; tile < end; tile++)
            {
                int from = tile * Tile;
                int to = Math.Min(from + Tile, owner.trainableLength);
                double sum = 0;
                for (int p = owner.FirstParameterOf(from); p < owner.ends.Length && owner.Begin(p) < to; p++)
                {
                    if (!owner.Frozen[p])
                    {
                        sum += SumOfSquares(owner.Gradients.Span[Math.Max(from, owner.Begin(p))..Math.Min(to, owner.ends[p])]);
                    }
                }

                owner.tileSums[tile] = sum;
            }
        }

        // Four lanes on every processor, so that every processor adds in the same order.
        private static double SumOfSquares(ReadOnlySpan<float> values)
        {
            Vector256<double> sums = Vector256<double>.Zero;
            int i = 0;
            for (; i <= values.Length - Vector128<float>.Count; i += Vector128<float>.Count)
            {
                (Vector128<double> low, Vector128<double> high) = Vector128.Widen(Vector128.Create(values[i..]));
                Vector256<double> wide = Vector256.Create(low, high);
                sums += wide * wide;
            }

            double sum = ((sums[0] + sums[1]) + sums[2]) + sums[3];
            for (; i < values.Length; i++)
            {
                sum += (double)values[i] * values[i];
            }

            return sum;
        }
    }

    private sealed class UpdateWork(ParameterUpdater owner) : PoolWork
    {
        public double LearningRate { get; set; }

        public float GradientScale { get; set; }

        public bool KeepAll { get; set; }

        public override void Run(int worker, int begin, int end)
        {
            for (int item = begin; item < end; item++)
            {
                foreach (UpdateRange range in owner.ranges[item])
                {
                    for (int from = range.From; from < range.To; from += Tile)
                    {
                        Update(range.Parameter, from, Math.Min(from + Tile, range.To));
                    }
                }
            }
        }

        private void Update(int parameter, int from, int to)
        {
            bool keeps = KeepAll || owner.kept[parameter];
            int whole = (to - from) / Granule * Granule;
            bool keepsItself = owner.optimizer.KeepsPrevious && !owner.Frozen[parameter];
            if (keeps)
            {
                int copied = keepsItself ? from + whole : from;
                owner.parameters.Span[copied..to].CopyTo(owner.Previous.Span[copied..]);
            }

            if (owner.Frozen[parameter])
            {
                return;
            }

            if (GradientScale != 1)
            {
                foreach (ref float gradient in owner.Gradients.Span[from..to])
                {
                    gradient *= GradientScale;
                }
            }

            float* states = owner.States.Pointer + from;
            long step = owner.Steps[parameter];
            if (whole > 0)
            {
                float* previous = keeps && keepsItself ? owner.Previous.Pointer + from : null;
                owner.optimizer.Update(new OptimizerBlock(
                    owner.parameters.Pointer + from, owner.Gradients.Pointer + from, states, owner.stateStride, whole, step, LearningRate, previous));
            }

            if (from + whole < to)
            {
                UpdateRest(from + whole, to - from - whole, step);
            }
        }

        /// <summary>The last elements of a parameter, fewer than a granule: updated in a copy filled up with zeros.</summary>
        private void UpdateRest(int from, int count, long step)
        {
            int rows = 2 + owner.stateCount;
            float* copy = stackalloc float[rows * Granule];
            new Span<float>(copy, rows * Granule).Clear();
            Row(0, owner.parameters.Span).CopyTo(CopyRow(0));
            Row(1, owner.Gradients.Span).CopyTo(CopyRow(1));
            for (int s = 0; s < owner.stateCount; s++)
            {
                Row(s + 2, owner.State(s)).CopyTo(CopyRow(s + 2));
            }

            owner.optimizer.Update(new OptimizerBlock(copy, copy + Granule, copy + (2 * Granule), Granule, Granule, step, LearningRate));
            CopyRow(0).CopyTo(Row(0, owner.parameters.Span));
            for (int s = 0; s < owner.stateCount; s++)
            {
                CopyRow(s + 2).CopyTo(Row(s + 2, owner.State(s)));
            }

            Span<float> CopyRow(int row) => new(copy + (row * Granule), count);
            Span<float> Row(int row, Span<float> all) => all.Slice(from, count);
        }
    }
}
