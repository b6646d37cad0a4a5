namespace NetCompiler;

/// <summary>How <see cref="Trainer{TNetwork}.Fit"/> trains.</summary>
public sealed class FitOptions
{
    /// <summary>How often the data is gone through.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Samples of a minibatch; the last one of an epoch has what is left.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Whether each epoch has an order of its own.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Decides the orders, and the split of <see cref="ValidationSplit"/>.</summary>
    public long ShuffleSeed { get; init; }

    /// <summary>Share of the data that is kept from training and measured after each epoch; 0: none.</summary>
    public double ValidationSplit { get; init; }

    /// <summary>Data to measure after each epoch.</summary>
    public DataSet? Validation { get; init; }

    /// <summary>Stops when there is no more progress; null: never.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>Measures accuracy on the training data after each epoch too (in prediction mode; it takes a pass through the data).</summary>
    public bool MeasureTraining { get; init; }

    /// <summary>Where checkpoints are written: after each epoch, when cancelled, and every <see cref="CheckpointEverySteps"/>; null: nowhere.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Steps between two checkpoints within an epoch; 0: none within.</summary>
    public int CheckpointEverySteps { get; init; }

    /// <summary>Steps between two reports of progress. Epochs always report.</summary>
    public int ReportEverySteps { get; init; } = 1;

    /// <summary>
    /// Goes on where a cancelled Fit of this trainer, or the one of a loaded checkpoint, stopped; if there is none, begins. False: always begins.
    /// </summary>
    public bool Resume { get; init; } = true;
}

/// <summary>What is judged.</summary>
public enum Metric
{
    /// <summary>The loss: smaller is better.</summary>
    Loss,

    /// <summary>The accuracy: larger is better.</summary>
    Accuracy,
}

/// <summary>Stops training when there is no more progress. Judges the validation data if there is any, else the training loss.</summary>
public sealed class EarlyStopping
{
    /// <summary>Training stops after so many epochs without progress.</summary>
    public int Patience { get; init; } = 5;

    /// <summary>Less than this is no progress.</summary>
    public double MinDelta { get; init; }

    /// <summary>Gives the network the parameters of its best epoch when training ends.</summary>
    public bool RestoreBest { get; init; } = true;

    /// <summary>What is judged. Accuracy needs validation data.</summary>
    public Metric Monitor { get; init; }
}
