using System.Globalization;

namespace NetCompiler;

/// <summary>Where a run of Fit is: everything that it needs to go on after a stop at any step.</summary>
internal sealed class FitState
{
    private const char Separator = ' ';

    /// <summary>Number of training samples, minibatch size, and order; a run can only go on with the same ones.</summary>
    public required (int Count, int BatchSize, bool Shuffle, long ShuffleSeed) Plan { get; init; }

    /// <summary>Completed epochs.</summary>
    public List<EpochResult> History { get; } = [];

    /// <summary>Steps done in the epoch at hand.</summary>
    public int Step { get; set; }

    /// <summary>Sum of the losses of the epoch's steps so far, each as often as it had samples (or as many as all that counted in it would fill).</summary>
    public double LossSum { get; set; }

    /// <summary>Learning rate of the last step.</summary>
    public double LearningRate { get; set; }

    /// <summary>The number of the best epoch so far, from 1.</summary>
    public int BestEpoch { get; set; }

    /// <summary>What the best epoch reached.</summary>
    public double BestValue { get; set; }

    /// <summary>Epochs since there was progress.</summary>
    public int Waited { get; set; }

    /// <summary>The storage of the best epoch; null when it is not to be restored.</summary>
    public AlignedBuffer? Best { get; set; }

    /// <summary>Whether the parameters before the last update are known, whose loss was finite. Not in a checkpoint, which would be larger by all parameters.</summary>
    public bool CanGoBack { get; set; }

    public int StepsPerEpoch => (int)(((long)Plan.Count + Plan.BatchSize - 1) / Plan.BatchSize);

    /// <summary>As text for a checkpoint. Floating-point numbers are written so that reading gives the same bits.</summary>
    public IEnumerable<KeyValuePair<string, string>> ToMetadata(string prefix)
    {
        yield return new(prefix + "plan", Join(Plan.Count, Plan.BatchSize, Plan.Shuffle ? 1 : 0, Plan.ShuffleSeed));
        yield return new(prefix + "position", Join(Step, LossSum, LearningRate, BestEpoch, BestValue, Waited));
        for (int i = 0; i < History.Count; i++)
        {
            EpochResult e = History[i];
            yield return new(
                $"{prefix}epoch.{i + 1}",
                Join(e.Loss, Number(e.Accuracy), Number(e.ValidationLoss), Number(e.ValidationAccuracy), e.LearningRate));
        }
    }

    /// <summary>Reads what <see cref="ToMetadata"/> wrote; null if there is nothing.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static FitState? FromMetadata(IReadOnlyDictionary<string, string> metadata, string prefix)
    {
        if (!metadata.TryGetValue(prefix + "plan", out string? planText))
        {
            return null;
        }

        string[] plan = Parts(planText, 4);
        string[] position = Parts(metadata.GetValueOrDefault(prefix + "position", ""), 6);
        FitState state = new()
        {
            Plan = (Int(plan[0]), Int(plan[1]), plan[2] == "1", long.Parse(plan[3], CultureInfo.InvariantCulture)),
            Step = Int(position[0]),
            LossSum = Double(position[1]),
            LearningRate = Double(position[2]),
            BestEpoch = Int(position[3]),
            BestValue = Double(position[4]),
            Waited = Int(position[5]),
        };
        for (int epoch = 1; metadata.TryGetValue($"{prefix}epoch.{epoch}", out string? text); epoch++)
        {
            string[] values = Parts(text, 5);
            state.History.Add(new EpochResult(epoch, Double(values[0]), Optional(values[1]), Optional(values[2]), Optional(values[3]), Double(values[4])));
        }

        bool plausible = state.Plan is { Count: > 0, BatchSize: > 0 } && state.Step >= 0 && state.Step <= state.StepsPerEpoch
            && state.BestEpoch >= 0 && state.BestEpoch <= state.History.Count && state.Waited >= 0 && state.Waited <= state.History.Count;
        return plausible ? state : throw new FormatException($"'{planText}' and '{string.Join(Separator, position)}' do not agree.");
    }

    private static string Join(params object[] values) => string.Join(
        Separator,
        values.Select(v => v is double d ? d.ToString("R", CultureInfo.InvariantCulture) : Convert.ToString(v, CultureInfo.InvariantCulture)));

    private static object Number(double? value) => value is { } number ? number : "-";

    private static string[] Parts(string text, int count)
    {
        string[] parts = text.Split(Separator);
        return parts.Length == count ? parts : throw new FormatException($"'{text}' must be {count} values.");
    }

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static double Double(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static double? Optional(string text) => text == "-" ? null : Double(text);
}
