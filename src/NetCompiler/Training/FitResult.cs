namespace NetCompiler;

/// <summary>Why training ended.</summary>
public enum StopReason
{
    /// <summary>All epochs are done.</summary>
    Completed,

    /// <summary>There was no more progress.</summary>
    EarlyStopping,

    /// <summary>It was cancelled; <see cref="Trainer{TNetwork}.Fit"/> called again goes on.</summary>
    Cancelled,

    /// <summary>
    /// The loss was not a finite number; the network has the last parameters whose loss was one. Where the trainer does not know those, the network has the ones that the step began with, and
    /// the message says so: a checkpoint does not hold what was before its last update.
    /// </summary>
    LossNotFinite,
}

/// <summary>One time through the data.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="Loss">Mean loss of its steps, each before its update and by what counted in it.</param>
/// <param name="Accuracy">Accuracy on the training data afterwards, if measured.</param>
/// <param name="ValidationLoss">Loss on the validation data afterwards, if there is any.</param>
/// <param name="ValidationAccuracy">Accuracy on the validation data afterwards, if there is any and the loss has an accuracy.</param>
/// <param name="LearningRate">Learning rate of its last step.</param>
public sealed record EpochResult(int Epoch, double Loss, double? Accuracy, double? ValidationLoss, double? ValidationAccuracy, double LearningRate);

/// <summary>How training went.</summary>
/// <param name="History">Each epoch that was completed.</param>
/// <param name="BestEpoch">The number of the best one, from 1; 0: none was completed.</param>
/// <param name="StopReason">Why it ended.</param>
/// <param name="Message">The same in a sentence.</param>
public sealed record FitResult(IReadOnlyList<EpochResult> History, int BestEpoch, StopReason StopReason, string Message);

/// <summary>How far training is.</summary>
/// <param name="Epoch">The epoch at hand, from 1.</param>
/// <param name="Epochs">How many there will be.</param>
/// <param name="Step">Steps of this epoch that are done.</param>
/// <param name="StepsPerEpoch">Steps of each epoch.</param>
/// <param name="Loss">Mean loss of the epoch so far.</param>
/// <param name="BatchLoss">Loss of the last step.</param>
/// <param name="LearningRate">Learning rate of the last step.</param>
/// <param name="Completed">The epoch, when this report is of its end; else null.</param>
public readonly record struct FitProgress(
    int Epoch, int Epochs, int Step, int StepsPerEpoch, double Loss, double BatchLoss, double LearningRate, EpochResult? Completed);

/// <summary>How well the network predicts.</summary>
/// <param name="Count">Number of samples.</param>
/// <param name="Loss">Mean loss of the predictions (positions whose class number is -1 left out); null when the description has no loss to compute it with.</param>
/// <param name="Accuracy">Share of right predictions among those that count (class labels, or binary ones by their sign); null for other losses.</param>
public sealed record EvaluationResult(int Count, double? Loss, double? Accuracy);
