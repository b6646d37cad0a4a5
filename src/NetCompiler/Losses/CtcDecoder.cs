namespace NetCompiler;

/// <summary>
/// Reads labels from the outputs of a network that was trained with <see cref="CtcLoss"/>: along the best path, or by prefix beam search (Graves et al. 2006; Hannun et al.: First-Pass Large
/// Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs, 2014).
/// </summary>
/// <remarks>
/// Outputs are of one sample, of any number of steps: of a padded one the part that counts. <see cref="Decode"/> may be called from many threads at once, <see cref="Search"/> by one at a time.
/// Neither allocates, except that a search that finds more beginnings of labels than any before makes room for them.
/// </remarks>
public sealed class CtcDecoder
{
    private readonly int classes;
    private readonly int blank;
    private readonly CtcBeam beam;

    /// <summary>Makes a decoder.</summary>
    /// <param name="classes">Classes in each step, with the blank.</param>
    /// <param name="blank">The class that stands for no label.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no class beside the blank, or the blank is no class.</exception>
    public CtcDecoder(int classes, int blank = 0)
    {
        CtcLoss.CheckClasses(classes, blank);
        this.classes = classes;
        this.blank = blank;
        beam = new CtcBeam(classes, blank);
    }

    /// <summary>The labels of the best path: the most probable class of each step (of equals the lowest), without those that repeat the one before, then without blanks.</summary>
    /// <param name="outputs">Logits, or probabilities, or their logarithms: [steps, classes].</param>
    /// <param name="labels">Receives class numbers: room for as many as there are steps. Behind them it stays as it is.</param>
    /// <returns>How many labels there are.</returns>
    /// <exception cref="ArgumentException">A span has the wrong length, or outputs are not finite (minus infinity is allowed). Nothing has been written then.</exception>
    public int Decode(ReadOnlySpan<float> outputs, Span<int> labels)
    {
        int steps = Steps(outputs, labels);
        int count = 0;
        int before = blank;
        for (int t = 0; t < steps; t++)
        {
            ReadOnlySpan<float> step = outputs.Slice(t * classes, classes);
            int best = 0;
            for (int c = 1; c < step.Length; c++)
            {
                best = step[c] > step[best] ? c : best;
            }

            if (best != before && best != blank)
            {
                labels[count++] = best;
            }

            before = best;
        }

        return count;
    }

    /// <summary>
    /// The most probable labels that a beam search finds: it goes on from step to step with so many beginnings of labels, and adds up the probabilities of all paths that give the same. With a
    /// width that leaves nothing out, these are the most probable ones; with less they need not be.
    /// </summary>
    /// <param name="outputs">Logits, or the logarithms of probabilities: [steps, classes].</param>
    /// <param name="width">How many beginnings are kept in each step.</param>
    /// <param name="labels">Receives class numbers: room for as many as there are steps. Behind them it stays as it is.</param>
    /// <param name="logProbability">The logarithm of the sum of the probabilities of all paths that were found to give these labels: of all that do, or less.</param>
    /// <returns>How many labels there are.</returns>
    /// <exception cref="ArgumentException">A span has the wrong length, or outputs are not finite (minus infinity is allowed, though not in all of a step). Nothing has been written then.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width is not above 0.</exception>
    public int Search(ReadOnlySpan<float> outputs, int width, Span<int> labels, out double logProbability)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        int steps = Steps(outputs, labels);
        for (int t = 0; t < steps; t++)
        {
            if (!outputs.Slice(t * classes, classes).ContainsAnyExcept(float.NegativeInfinity))
            {
                throw new ArgumentException($"All {classes} logits of step {t} are negative infinity, so that nothing can be there. Leave at least one finite.", nameof(outputs));
            }
        }

        beam.Begin(width);
        for (int t = 0; t < steps; t++)
        {
            beam.Step(outputs.Slice(t * classes, classes));
        }

        return beam.End(labels, out logProbability);
    }

    private int Steps(ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels)
    {
        if (outputs.Length % classes != 0)
        {
            throw new ArgumentException($"{outputs.Length} outputs are no steps of {classes} classes. Give {classes} logits for each step of one sample.", nameof(outputs));
        }

        int steps = outputs.Length / classes;
        if (labels.Length < steps)
        {
            throw new ArgumentException($"There is room for {labels.Length} labels, but {steps} steps may have as many labels. Give a span of {steps} or more.", nameof(labels));
        }

        for (int i = 0; i < outputs.Length; i++)
        {
            if (!(outputs[i] <= float.MaxValue))
            {
                throw new ArgumentException($"outputs[{i}] is {outputs[i]}. Logits must be finite, or negative infinity for a class that must not be; "
                    + $"a network that gives others has diverged in training.", nameof(outputs));
            }
        }

        return steps;
    }
}
