namespace NetCompiler;

/// <summary>
/// Prefix beam search: beginnings of labels, each with the probabilities of all its paths so far, apart by whether the path ends in a blank or in the last label. Beginnings are nodes of a tree, so
/// that one that was dropped and is found again is the same.
/// </summary>
internal sealed class CtcBeam(int classes, int blank)
{
    private const int None = -1;

    private readonly double[] row = new double[VectorMath.WholeVectors(classes)];
    private readonly int[] taken = new int[classes];    // of a beginning: where longer by the class it is in the beam itself

    private readonly List<(int Parent, int Class)> nodes = [];
    private readonly List<int> places = [];              // of each node: where it is in the beam
    private readonly Dictionary<(int Parent, int Class), int> children = [];
    private readonly List<Beginning> staying = [];
    private readonly List<Candidate> best = [];          // the best first
    private List<Beginning> beam = [];
    private List<Beginning> next = [];
    private int width;

    /// <summary>Begins with no labels.</summary>
    public void Begin(int width)
    {
        this.width = width;
        nodes.Clear();
        places.Clear();
        children.Clear();
        beam.Clear();
        taken.AsSpan().Fill(None);
        nodes.Add((None, None));
        places.Add(0);
        beam.Add(new Beginning(0, 0, double.NegativeInfinity));
    }

    /// <summary>Goes on by a step.</summary>
    /// <param name="outputs">Its logits, of which one at least is finite.</param>
    public void Step(ReadOnlySpan<float> outputs)
    {
        double normalizer = VectorMath.LogSumExp(outputs, row);
        Stay(normalizer);
        Choose(normalizer);

        next.Clear();
        foreach (Beginning old in beam)
        {
            places[old.Node] = None;
        }

        foreach ((double score, int from, int label) in best)
        {
            Beginning chosen = label == None ? staying[from] : new Beginning(Child(beam[from].Node, label), double.NegativeInfinity, score);
            places[chosen.Node] = next.Count;
            next.Add(chosen);
        }

        (beam, next) = (next, beam);
    }

    /// <summary>Writes the best labels.</summary>
    public int End(Span<int> labels, out double logProbability)
    {
        logProbability = beam[0].Total;
        int count = 0;
        for (int node = beam[0].Node; node > 0; node = nodes[node].Parent)
        {
            count++;
        }

        int at = count;
        for (int node = beam[0].Node; node > 0; node = nodes[node].Parent)
        {
            labels[--at] = nodes[node].Class;
        }

        return count;
    }

    /// <summary>Beginnings that stay what they are: by a blank, by their last label once more, and from the one that is shorter by it.</summary>
    private void Stay(double normalizer)
    {
        staying.Clear();
        foreach (Beginning now in beam)
        {
            (int parent, int last) = nodes[now.Node];
            double label = last == None ? double.NegativeInfinity : now.Label + row[last] - normalizer;
            if (parent != None && places[parent] != None)
            {
                label = VectorMath.LogOfSum(label, Extended(beam[places[parent]], last, normalizer));
            }

            staying.Add(new Beginning(now.Node, now.Total + row[blank] - normalizer, label));
        }
    }

    private void Choose(double normalizer)
    {
        best.Clear();
        for (int i = 0; i < staying.Count; i++)
        {
            Offer(staying[i].Total, i, None);
        }

        for (int i = 0; i < beam.Count; i++)
        {
            foreach (Beginning other in beam)
            {
                if (nodes[other.Node].Parent == beam[i].Node)
                {
                    taken[nodes[other.Node].Class] = i;
                }
            }

            for (int c = 0; c < classes; c++)
            {
                if (c != blank && taken[c] != i)
                {
                    Offer(Extended(beam[i], c, normalizer), i, c);
                }
            }
        }

        taken.AsSpan().Fill(None);
    }

    /// <summary>The paths of a beginning, and then that label: from its last label it needs a blank to the same one.</summary>
    private double Extended(in Beginning from, int label, double normalizer) => (nodes[from.Node].Class == label ? from.Blank : from.Total) + row[label] - normalizer;

    private void Offer(double score, int from, int label)
    {
        if (double.IsNegativeInfinity(score) || (best.Count == width && !(score > best[^1].Score)))
        {
            return;
        }

        if (best.Count == width)
        {
            best.RemoveAt(width - 1);
        }

        int at = best.Count;
        while (at > 0 && score > best[at - 1].Score)
        {
            at--;
        }

        best.Insert(at, new Candidate(score, from, label));
    }

    private int Child(int parent, int label)
    {
        if (!children.TryGetValue((parent, label), out int child))
        {
            child = nodes.Count;
            nodes.Add((parent, label));
            places.Add(None);
            children.Add((parent, label), child);
        }

        return child;
    }

    /// <summary>A beginning of labels, and logarithms of probabilities.</summary>
    private readonly record struct Beginning(int Node, double Blank, double Label)
    {
        public double Total { get; } = VectorMath.LogOfSum(Blank, Label);
    }

    /// <summary>What may be in the beam after the step: a beginning of before, longer by a label or as it is.</summary>
    private readonly record struct Candidate(double Score, int From, int Label);
}
