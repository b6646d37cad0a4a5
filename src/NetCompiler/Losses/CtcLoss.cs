using System.Numerics;

namespace NetCompiler;

/// <summary>
/// Connectionist temporal classification (Graves et al.: Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with Recurrent Neural Networks, 2006), for sequences
/// whose labels are known but not where they are. A labelling's probability is that of all paths that give it: one class for each step, of which those that repeat the one before are
/// dropped, then the blanks. The loss is minus its logarithm, divided by the number of labels (at least 1), and the mean over the samples: as <c>torch.nn.CTCLoss</c> with its default
/// reduction, over the log softmax of the outputs.
/// </summary>
/// <remarks>
/// <para>
/// Outputs are logits, [batch, steps, classes]. Each sample has a row of labels, all rows of the same length: class numbers other than the blank's, then -1 behind their end. A row may be empty.
/// </para>
/// <para>
/// Labels need a step each, and one more between two that are equal. Those that have more than there are make the loss infinite, as they do in PyTorch, unless <see cref="ZeroInfinity"/> is
/// set. The sample's gradient is 0 in either case (PyTorch's is NaN without it): no output makes them possible.
/// </para>
/// <para>
/// Computed in double precision, on one thread. A call allocates nothing, except that the first one with more samples or longer rows of labels than any before allocates memory for them. One caller at a time:
/// threads need a loss each.
/// </para>
/// </remarks>
public sealed class CtcLoss : IShapedLoss
{
    private const int NoLabel = -1;

    private readonly int steps;
    private readonly int classes;
    private readonly int blank;

    private readonly CtcLattice lattice = new();
    private readonly double[] normalizers; // of each step
    private readonly double[] row;         // of one step: logits, then probabilities, then gradients
    private int[] counts = [];             // of each sample: labels

    /// <summary>Makes a loss.</summary>
    /// <param name="steps">Steps of one sample's output.</param>
    /// <param name="classes">Classes in each step, with the blank.</param>
    /// <param name="blank">The class that stands for no label.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no step, or no class beside the blank; or the blank is no class.</exception>
    public CtcLoss(int steps, int classes, int blank = 0)
    {
        if (steps < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(steps), steps, "There must be at least one step. Give the length of the output's sequence.");
        }

        CheckClasses(classes, blank);
        this.steps = steps;
        this.classes = classes;
        this.blank = blank;
        normalizers = new double[steps];
        row = new double[VectorMath.WholeVectors(classes)];
    }

    /// <summary>Whether a sample whose labels are impossible adds 0 to the loss, instead of making it infinite.</summary>
    public bool ZeroInfinity { get; init; }

    /// <summary>
    /// Whether each row of labels begins with the number of steps of its sample that count (from 0), before the class numbers. So samples of different lengths can be in a <see cref="DataSet"/>.
    /// </summary>
    public bool LabelsBeginWithSteps { get; init; }

    /// <summary>Computes loss and gradients.</summary>
    /// <param name="outputs">Logits, [batch, steps, classes].</param>
    /// <param name="labels">[batch, labels]: class numbers, then -1; before them the number of steps with <see cref="LabelsBeginWithSteps"/>.</param>
    /// <param name="gradients">Receives the gradient of the loss with respect to each of the outputs; all are written.</param>
    /// <returns>The loss: the mean over the samples of minus the logarithm of the labels' probability, divided by their number. Not finite if outputs are not, or labels are impossible.</returns>
    /// <exception cref="ArgumentException">A span has the wrong length, or labels are not what they must be. Nothing has been written then.</exception>
    public float Compute(ReadOnlySpan<float> outputs, ReadOnlySpan<float> labels, Span<float> gradients) =>
        Compute(outputs, labels, default, hasStepCounts: false, gradients);

    /// <summary>Computes loss and gradients of samples of different lengths.</summary>
    /// <param name="outputs">Logits, [batch, steps, classes].</param>
    /// <param name="labels">[batch, labels]: class numbers, then -1.</param>
    /// <param name="stepCounts">[batch]: how many steps of each sample count, from 0. Outputs of the others play no part, and their gradients are 0.</param>
    /// <param name="gradients">Receives the gradient of the loss with respect to each of the outputs; all are written.</param>
    /// <returns>As of the other overload.</returns>
    /// <exception cref="ArgumentException">A span has the wrong length, or numbers are not what they must be. Nothing has been written then.</exception>
    /// <exception cref="InvalidOperationException"><see cref="LabelsBeginWithSteps"/> is set.</exception>
    public float Compute(ReadOnlySpan<float> outputs, ReadOnlySpan<float> labels, ReadOnlySpan<int> stepCounts, Span<float> gradients) => !LabelsBeginWithSteps
        ? Compute(outputs, labels, stepCounts, hasStepCounts: true, gradients)
        : throw new InvalidOperationException($"{nameof(LabelsBeginWithSteps)} is set: the numbers of steps are in the labels, and cannot be given beside them. Leave one of both.");

    void IShapedLoss.CheckOutput(string network, TensorDescription output)
    {
        // What is no matrix may have been made of one.
        if (output.Shape is [var itsSteps, var itsClasses] ? itsSteps != steps || itsClasses != classes : output.Length != (long)steps * classes)
        {
            throw new InvalidOperationException($"This {nameof(CtcLoss)} is for {steps} steps of {classes} classes, but the output {output.Name} of {network} is [{string.Join(", ", output.Shape)}]. "
                + "Make the loss with the steps and classes that the output has, in this order.");
        }
    }

    internal static void CheckClasses(int classes, int blank)
    {
        if (classes < 2)
        {
            throw new ArgumentOutOfRangeException(nameof(classes), classes, "There must be at least two classes: the blank, and one that is a label.");
        }

        if ((uint)blank >= (uint)classes)
        {
            throw new ArgumentOutOfRangeException(nameof(blank), blank, $"The blank must be one of the {classes} classes: from 0 to {classes - 1}.");
        }
    }

    private float Compute(ReadOnlySpan<float> outputs, ReadOnlySpan<float> labels, ReadOnlySpan<int> stepCounts, bool hasStepCounts, Span<float> gradients)
    {
        int size = checked(steps * classes);
        int batch = Batch(outputs.Length, labels.Length, gradients.Length);
        int length = labels.Length / batch;
        int first = LabelsBeginWithSteps ? 1 : 0;
        CheckSteps(labels, stepCounts, hasStepCounts, batch);
        if (counts.Length < batch)
        {
            counts = new int[batch];
        }

        for (int i = 0; i < batch; i++)
        {
            counts[i] = Count(labels.Slice((i * length) + first, length - first), (i * length) + first);
        }

        lattice.Reserve(steps, length - first);
        double loss = 0;
        for (int i = 0; i < batch; i++)
        {
            int its = LabelsBeginWithSteps ? (int)labels[i * length] : hasStepCounts ? stepCounts[i] : steps;
            ReadOnlySpan<float> numbers = labels.Slice((i * length) + first, counts[i]);
            loss += Sample(outputs.Slice(i * size, its * classes), numbers, 1.0 / ((double)batch * Math.Max(1, counts[i])), gradients.Slice(i * size, its * classes));
            gradients.Slice((i * size) + (its * classes), (steps - its) * classes).Clear();
        }

        return (float)loss;
    }

    /// <summary>The loss of one sample, times its weight.</summary>
    private double Sample(ReadOnlySpan<float> outputs, ReadOnlySpan<float> labels, double weight, Span<float> gradients)
    {
        int its = outputs.Length / classes;
        double sum = 0;
        for (int t = 0; t < its; t++)
        {
            sum += normalizers[t] = VectorMath.LogSumExp(outputs.Slice(t * classes, classes), row);
        }

        if (double.IsNaN(sum))
        {
            gradients.Fill(float.NaN);
            return double.NaN;
        }

        lattice.Begin(labels, its);
        for (int t = 0; t < its; t++)
        {
            lattice.Forward(t, outputs.Slice(t * classes, classes), normalizers[t], blank);
        }

        double logProbability = lattice.LogProbability(its);
        if (double.IsNegativeInfinity(logProbability))
        {
            gradients.Clear();
            return ZeroInfinity ? 0 : double.PositiveInfinity;
        }

        for (int t = its - 1; t >= 0; t--)
        {
            ReadOnlySpan<float> logits = outputs.Slice(t * classes, classes);
            Softmax(logits, normalizers[t]);
            lattice.Backward(t, logits, normalizers[t], blank, logProbability, row);
            Span<float> gradient = gradients.Slice(t * classes, classes);
            for (int c = 0; c < gradient.Length; c++)
            {
                gradient[c] = (float)(weight * row[c]);
            }
        }

        return -logProbability * weight;
    }

    private void Softmax(ReadOnlySpan<float> logits, double normalizer)
    {
        Vector<double> subtrahend = new(normalizer);
        VectorMath.Widen(logits, row);
        for (int i = 0; i < row.Length; i += Vector<double>.Count)
        {
            VectorMath.ExpOfNonPositive(new Vector<double>(row, i) - subtrahend).CopyTo(row, i);
        }
    }

    /// <summary>Checks lengths, and gives the number of samples.</summary>
    private int Batch(int outputs, int labels, int gradients)
    {
        long size = (long)steps * classes;
        if (outputs == 0 || outputs % size != 0)
        {
            throw new ArgumentException($"{outputs} outputs are no minibatch of samples with {steps} steps of {classes} classes. "
                + $"Give {size} logits for each sample, at least one sample.", nameof(outputs));
        }

        int batch = (int)(outputs / size);
        if (gradients != outputs)
        {
            throw new ArgumentException($"There is room for {gradients} gradients, but there are {outputs} outputs. Give a span of the same length.", nameof(gradients));
        }

        if (labels == 0 && !LabelsBeginWithSteps)
        {
            // More likely forgotten than meant: all samples would be taught to say nothing.
            throw new ArgumentException($"There are no labels. Give a row of class numbers for each of {batch} samples; {NoLabel} alone says that there is nothing to read.", nameof(labels));
        }

        if (labels % batch != 0)
        {
            throw new ArgumentException($"{labels} labels are not the same number for each of {batch} samples. "
                + $"Give rows of the same length, filled up with {NoLabel} behind the last label of each.", nameof(labels));
        }

        return batch;
    }

    private void CheckSteps(ReadOnlySpan<float> labels, ReadOnlySpan<int> stepCounts, bool hasStepCounts, int batch)
    {
        if (hasStepCounts && stepCounts.Length != batch)
        {
            throw new ArgumentException($"{stepCounts.Length} numbers of steps were given for {batch} samples. Give one for each.", nameof(stepCounts));
        }

        for (int i = 0; i < stepCounts.Length; i++)
        {
            if ((uint)stepCounts[i] > (uint)steps)
            {
                throw new ArgumentException($"stepCounts[{i}] is {stepCounts[i]}, but samples have {steps} steps. Give numbers from 0 to {steps}.", nameof(stepCounts));
            }
        }

        if (!LabelsBeginWithSteps)
        {
            return;
        }

        int length = labels.Length / batch;
        if (length == 0)
        {
            throw new ArgumentException($"There are no labels, but {nameof(LabelsBeginWithSteps)} is set. Give each sample's number of steps, then its class numbers.", nameof(labels));
        }

        for (int i = 0; i < labels.Length; i += length)
        {
            if (!(labels[i] >= 0 && labels[i] <= steps && labels[i] == MathF.Floor(labels[i])))
            {
                throw new ArgumentException($"labels[{i}] is {labels[i]}. With {nameof(LabelsBeginWithSteps)} it is the number of steps of sample {i / length}: "
                    + $"give a whole number from 0 to {steps}.", nameof(labels));
            }
        }
    }

    /// <summary>Checks a row of labels, and gives how many there are before its end.</summary>
    private int Count(ReadOnlySpan<float> labels, int firstIndex)
    {
        int count = labels.Length;
        for (int i = 0; i < labels.Length; i++)
        {
            float label = labels[i];
            if (label == NoLabel)
            {
                count = Math.Min(count, i);
            }
            else if (!(label >= 0 && label < classes && label == MathF.Floor(label)))
            {
                throw new ArgumentException($"labels[{firstIndex + i}] is {label}. Give class numbers from 0 to {classes - 1} without the blank, {blank}, "
                    + $"and {NoLabel} behind the last label of a sample.", nameof(labels));
            }
            else if ((int)label == blank)
            {
                throw new ArgumentException($"labels[{firstIndex + i}] is {label}, which is the blank: it stands for no label. Leave it out, "
                    + $"and fill rows up with {NoLabel} at their end; or make the loss with the class that is the blank.", nameof(labels));
            }
            else if (count < labels.Length)
            {
                throw new ArgumentException($"labels[{firstIndex + i}] is {label}, but labels[{firstIndex + count}] before it, in the same sample, is {NoLabel}: "
                    + $"that is the end of its labels. Give {NoLabel} behind the last label only.", nameof(labels));
            }
        }

        return count;
    }
}
