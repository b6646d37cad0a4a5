using System.Numerics;

namespace NetCompiler;

/// <summary>
/// All alignments of one sample's labels with its steps (Graves et al. 2006), as logarithms of probabilities. A path is in one of 2 L + 1 states at each step: in blank i, behind i labels, or in
/// label i (from 1). Blanks and labels lie apart, so that neighbours are computed together; what does not exist has the probability 0.
/// </summary>
internal sealed class CtcLattice
{
    // Around both kinds of states lies one that does not exist: predecessors and successors are read from there.
    private const int Margin = 1;

    private int[] labels = [];      // from 1
    private int count;
    private int width;              // states of one kind, filled up to whole vectors
    private double[] forward = [];  // [steps + 1][blanks, labels]: of all ways to be there, up to and with the step before
    private double[] backward = []; // [blanks, labels]: of all ways from there to the end, behind the step
    private double[] ahead = [];    // the same with the step
    private double[] emissions = []; // [labels]: log softmax in the step
    private double[] skips = [];    // [labels]: 0 where the blank before the label may be left out, otherwise minus infinity
    private double[] shares = [];   // [labels]: probability that a path is there, given that it is one of the labels

    private int Row => 2 * (width + (2 * Margin));

    /// <summary>Makes room for samples of up to so many steps and labels.</summary>
    public void Reserve(int steps, int most)
    {
        int states = VectorMath.WholeVectors(most + 1) + (2 * Margin);
        if (labels.Length <= most)
        {
            labels = new int[most + 1];
        }

        Grow(ref forward, (steps + 1L) * 2 * states);
        Grow(ref backward, 2L * states);
        Grow(ref ahead, 2L * states);
        Grow(ref emissions, states);
        Grow(ref skips, states);
        Grow(ref shares, states);
    }

    /// <summary>Prepares for the labels of a sample.</summary>
    /// <param name="row">Class numbers.</param>
    /// <param name="steps">How many steps there are.</param>
    public void Begin(ReadOnlySpan<float> row, int steps)
    {
        count = row.Length;
        width = VectorMath.WholeVectors(count + 1);
        forward.AsSpan(0, (steps + 1) * Row).Fill(double.NegativeInfinity);
        backward.AsSpan(0, Row).Fill(double.NegativeInfinity);
        ahead.AsSpan(0, Row).Fill(double.NegativeInfinity);
        emissions.AsSpan(0, width + (2 * Margin)).Fill(double.NegativeInfinity);
        skips.AsSpan(0, width + (2 * Margin)).Fill(double.NegativeInfinity);
        for (int i = 1; i <= count; i++)
        {
            labels[i] = (int)row[i - 1];
            skips[Margin + i] = i > 1 && labels[i] != labels[i - 1] ? 0 : double.NegativeInfinity;
        }

        forward[Margin] = 0;
        backward[Margin + count] = 0;
        if (count > 0)
        {
            backward[Margin + width + (2 * Margin) + count] = 0;
        }
    }

    /// <summary>Goes forward over a step.</summary>
    /// <param name="step">Which; all before it have been gone over.</param>
    /// <param name="outputs">The logits.</param>
    /// <param name="normalizer">The logarithm of the sum of their exponentials.</param>
    /// <param name="blank">The class of the blank.</param>
    public unsafe void Forward(int step, ReadOnlySpan<float> outputs, double normalizer, int blank)
    {
        Emit(outputs, normalizer);
        Vector<double> emission = new(outputs[blank] - normalizer);
        int labelled = width + (2 * Margin);
        fixed (double* first = forward, emitted = emissions, skipped = skips)
        {
            double* from = first + ((long)step * Row) + Margin;
            double* to = from + Row;
            for (int i = 0; i < width; i += Vector<double>.Count)
            {
                Vector<double> label = Vector.Load(from + labelled + i);
                Vector<double> skipping = Vector.Load(from + labelled + i - 1) + Vector.Load(skipped + Margin + i);
                (VectorMath.LogOfSum(Vector.Load(from + i), label) + emission).Store(to + i);
                (VectorMath.LogOfSum(label, Vector.Load(from + i - 1), skipping) + Vector.Load(emitted + Margin + i)).Store(to + labelled + i);
            }
        }
    }

    /// <summary>The logarithm of the probability of the labels, after so many steps.</summary>
    public double LogProbability(int steps)
    {
        int end = (steps * Row) + Margin + count;
        return VectorMath.LogOfSum(forward[end], forward[end + width + (2 * Margin)]);
    }

    /// <summary>Goes backward over a step, and takes off the probabilities with which an alignment is at its classes.</summary>
    /// <param name="step">Which; all behind it have been gone over.</param>
    /// <param name="outputs">The logits.</param>
    /// <param name="normalizer">The logarithm of the sum of their exponentials.</param>
    /// <param name="blank">The class of the blank.</param>
    /// <param name="logProbability">Of the labels.</param>
    /// <param name="probabilities">The softmax of the logits, from which those of the alignments are subtracted.</param>
    public unsafe void Backward(int step, ReadOnlySpan<float> outputs, double normalizer, int blank, double logProbability, Span<double> probabilities)
    {
        Emit(outputs, normalizer);
        Vector<double> emission = new(outputs[blank] - normalizer);
        Vector<double> whole = new(logProbability);
        Vector<double> ofBlank = Vector<double>.Zero;
        int labelled = width + (2 * Margin);
        fixed (double* first = forward, onwards = backward, next = ahead, emitted = emissions, skipped = skips, share = shares)
        {
            double* here = first + ((step + 1L) * Row) + Margin;
            double* from = onwards + Margin;
            double* with = next + Margin;
            for (int i = 0; i < width; i += Vector<double>.Count)
            {
                Vector<double> blanks = Vector.Load(from + i);
                Vector<double> its = Vector.Load(from + labelled + i);
                ofBlank += VectorMath.ExpOfNonPositive(Vector.Load(here + i) + blanks - whole);
                VectorMath.ExpOfNonPositive(Vector.Load(here + labelled + i) + its - whole).Store(share + i);
                (blanks + emission).Store(with + i);
                (its + Vector.Load(emitted + Margin + i)).Store(with + labelled + i);
            }

            for (int i = 0; i < width; i += Vector<double>.Count)
            {
                Vector<double> blanks = Vector.Load(with + i);
                Vector<double> following = Vector.Load(with + labelled + i + 1);
                VectorMath.LogOfSum(blanks, following).Store(from + i);
                VectorMath.LogOfSum(Vector.Load(with + labelled + i), blanks, following + Vector.Load(skipped + Margin + i + 1)).Store(from + labelled + i);
            }
        }

        probabilities[blank] -= Vector.Sum(ofBlank);
        for (int i = 1; i <= count; i++)
        {
            probabilities[labels[i]] -= shares[i];
        }
    }

    private void Emit(ReadOnlySpan<float> outputs, double normalizer)
    {
        for (int i = 1; i <= count; i++)
        {
            emissions[Margin + i] = outputs[labels[i]] - normalizer;
        }
    }

    private static void Grow(ref double[] room, long length)
    {
        if (room.Length < length)
        {
            room = new double[length];
        }
    }
}
