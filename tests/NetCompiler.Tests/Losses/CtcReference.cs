namespace NetCompiler.Tests;

/// <summary>Connectionist temporal classification as it is defined: a sum over all paths, one class for each step.</summary>
internal static class CtcReference
{
    /// <summary>Minus the logarithm of the labels' probability, and its gradient with respect to the logits.</summary>
    public static (double Loss, double[] Gradient) Sample(double[] logits, int classes, int blank, int[] labels)
    {
        int steps = logits.Length / classes;
        double[] probabilities = Softmax(logits, classes);
        double total = 0;
        double[] ofClasses = new double[logits.Length];
        foreach (int[] path in Paths(steps, classes))
        {
            if (!Labels(path, blank).SequenceEqual(labels))
            {
                continue;
            }

            double probability = 1;
            for (int t = 0; t < steps; t++)
            {
                probability *= probabilities[(t * classes) + path[t]];
            }

            total += probability;
            for (int t = 0; t < steps; t++)
            {
                ofClasses[(t * classes) + path[t]] += probability;
            }
        }

        return (-Math.Log(total), [.. probabilities.Select((p, i) => total == 0 ? 0 : p - (ofClasses[i] / total))]);
    }

    /// <summary>The probability of each labelling that any path gives.</summary>
    public static Dictionary<string, double> Labellings(double[] logits, int classes, int blank)
    {
        double[] probabilities = Softmax(logits, classes);
        Dictionary<string, double> all = [];
        foreach (int[] path in Paths(logits.Length / classes, classes))
        {
            string labels = string.Join(",", Labels(path, blank));
            all[labels] = all.GetValueOrDefault(labels) + path.Select((c, t) => probabilities[(t * classes) + c]).Aggregate(1.0, (a, b) => a * b);
        }

        return all;
    }

    /// <summary>Without repetitions, then without blanks.</summary>
    public static int[] Labels(int[] path, int blank) => [.. path.Where((c, t) => (t == 0 || path[t - 1] != c) && c != blank)];

    private static IEnumerable<int[]> Paths(int steps, int classes)
    {
        for (int number = 0; number < Math.Pow(classes, steps); number++)
        {
            int rest = number;
            int[] path = new int[steps];
            for (int t = 0; t < steps; t++)
            {
                path[t] = rest % classes;
                rest /= classes;
            }

            yield return path;
        }
    }

    private static double[] Softmax(double[] logits, int classes) => [.. logits.Chunk(classes).SelectMany(step =>
    {
        double highest = step.Max();
        double sum = step.Sum(x => Math.Exp(x - highest));
        return step.Select(x => Math.Exp(x - highest) / sum);
    })];
}
