using System.Globalization;

namespace NetCompiler;

public sealed partial class Trainer<TNetwork>
{
    private FitState? fit;
    private bool fitting;

    /// <summary>
    /// Trains on a data set, epoch after epoch. The same data, options, seeds and parameters give the same bits, whatever the number of threads, and
    /// however often the run is stopped and resumed.
    /// </summary>
    /// <param name="data">What to train on.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="progress">Told of every step and epoch, on this thread.</param>
    /// <param name="cancellationToken">Ends the run before its next step; calling Fit again goes on.</param>
    public FitResult Fit(DataSet data, FitOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref occupation) == Disposed, this);
        options ??= new FitOptions();
        if (CarryState)
        {
            throw new InvalidOperationException("Fit takes the samples of a data set for sequences of their own, so nothing can be carried from one minibatch to the next. "
                + "Set CarryState to false, or call Step with the windows of each sequence in order.");
        }

        CheckOptions(options);
        CheckData(data);
        if (fitting)
        {
            throw new InvalidOperationException("Fit is at work already; wait until it returns.");
        }

        (DataSet train, DataSet? validation) = (data, options.Validation);
        if (options.ValidationSplit > 0)
        {
            (train, validation) = data.Split(options.ValidationSplit, options.ShuffleSeed);
            CheckData(train); // the positions that count may all be in the other part
        }

        if (validation is not null)
        {
            CheckData(validation);
        }

        FitState run = Begin(train, options);
        fitting = true;
        try
        {
            return new FitRun(this, run, train, validation, options, progress).Go(cancellationToken);
        }
        finally
        {
            fitting = false;
        }
    }

    private void CheckOptions(FitOptions options)
    {
        AtLeast(1, options.Epochs, nameof(FitOptions.Epochs));
        AtLeast(1, options.BatchSize, nameof(FitOptions.BatchSize));
        AtLeast(0, options.CheckpointEverySteps, nameof(FitOptions.CheckpointEverySteps));
        AtLeast(1, options.ReportEverySteps, nameof(FitOptions.ReportEverySteps));
        if (!(options.ValidationSplit >= 0 && options.ValidationSplit < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.ValidationSplit, "ValidationSplit must be at least 0 and below 1.");
        }

        if (options.ValidationSplit > 0 && options.Validation is not null)
        {
            throw new ArgumentException("Give either Validation or ValidationSplit, not both.", nameof(options));
        }

        if (options.EarlyStopping is { Monitor: not (Metric.Loss or Metric.Accuracy) and var monitor })
        {
            throw new ArgumentOutOfRangeException(nameof(options), monitor, "EarlyStopping.Monitor must be Metric.Loss or Metric.Accuracy.");
        }

        if (options.EarlyStopping is { Patience: < 1 } || options.EarlyStopping is { MinDelta: not (>= 0 and < double.PositiveInfinity) })
        {
            throw new ArgumentException("EarlyStopping needs a Patience of at least 1 epoch and a finite MinDelta of at least 0.", nameof(options));
        }

        if (options.CheckpointPath is { } checkpoint)
        {
            AtomicFile.Target(checkpoint); // so that no epoch is trained whose checkpoint has no place
        }

        PredictionLoss loss = new(TNetwork.Description, training);
        bool validates = options.Validation is not null || options.ValidationSplit > 0;
        if (options.EarlyStopping is { Monitor: Metric.Accuracy } && !(validates && loss.HasAccuracy))
        {
            throw new ArgumentException("Early stopping by accuracy needs Validation or ValidationSplit, and a loss that has an accuracy.", nameof(options));
        }

        if (options.EarlyStopping is { Monitor: Metric.Loss } && validates && !loss.HasLoss)
        {
            throw new ArgumentException($"{TNetwork.Description.Name} does not tell its loss, so validation has none to stop by. "
                + $"Set EarlyStopping.Monitor to Accuracy.", nameof(options));
        }
    }

    private static void AtLeast(int least, int value, string option)
    {
        if (value < least)
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, $"FitOptions.{option} must be at least {least}.");
        }
    }

    private FitState Begin(DataSet train, FitOptions options)
    {
        (int Count, int BatchSize, bool Shuffle, long ShuffleSeed) plan = (train.Count, options.BatchSize, options.Shuffle, options.ShuffleSeed);
        if (!options.Resume || fit is null)
        {
            return fit = new FitState { Plan = plan };
        }

        return fit.Plan == plan ? fit : throw new ArgumentException(
            $"A run of {fit.Plan.Count} samples, BatchSize {fit.Plan.BatchSize}, Shuffle {fit.Plan.Shuffle}, ShuffleSeed {fit.Plan.ShuffleSeed} "
            + $"was stopped and waits to go on; "
            + $"it cannot with {plan.Count} samples, BatchSize {plan.BatchSize}, Shuffle {plan.Shuffle}, ShuffleSeed {plan.ShuffleSeed}. "
            + $"Give the same ones, or set FitOptions.Resume to false to begin anew.",
            nameof(options));
    }

    private sealed class FitRun(
        Trainer<TNetwork> trainer, FitState run, DataSet train, DataSet? validation, FitOptions options, IProgress<FitProgress>? progress)
    {
        private readonly int[] order = new int[train.Count];
        private readonly LabelDescription[] labels = trainer.LabelsOf(train);
        private readonly int perSample = trainer.HasCustomLoss ? 1 : train.LabelSize;
        private long counted; // labels of the epoch so far; samples where the loss is computed outside

        public FitResult Go(CancellationToken cancellationToken)
        {
            while (true)
            {
                // Before an epoch and not after one, so that a run resumed from its very last checkpoint ends as it did.
                if (options.EarlyStopping is { } early && run.Waited >= early.Patience)
                {
                    return End(StopReason.EarlyStopping, $"No progress for {run.Waited} epochs after epoch {run.BestEpoch}.");
                }

                if (run.History.Count >= options.Epochs)
                {
                    return End(StopReason.Completed, $"All {run.History.Count} epochs are done.");
                }

                Arrange();
                Count();
                while (run.Step < run.StepsPerEpoch)
                {
                    if (cancellationToken.IsCancellationRequested)
                    {
                        SaveCheckpoint();
                        return Result(StopReason.Cancelled, $"Cancelled in epoch {run.History.Count + 1} after {run.Step} of {run.StepsPerEpoch} "
                            + $"steps. Call Fit again to go on.");
                    }

                    if (!Step())
                    {
                        return LossNotFinite();
                    }
                }

                EndEpoch();
            }
        }

        /// <summary>The order of an epoch depends on the seed and its number only, so that a resumed run finds it again.</summary>
        private void Arrange()
        {
            if (options.Shuffle)
            {
                DataSet.Shuffle(order, SplitMix64.Key(options.ShuffleSeed, run.History.Count));
            }
            else
            {
                DataSet.Identity(order);
            }
        }

        /// <summary>The labels that counted in the steps of the epoch that are done: a checkpoint does not say, and somebody else may have made these steps.</summary>
        private void Count()
        {
            int done = Math.Min(run.Step * options.BatchSize, train.Count);
            counted = (long)done * perSample;
            for (int i = 0; train.HasClasses && !trainer.HasCustomLoss && i < done; i++)
            {
                counted += LabelWriter.Counted(train.Classes(order[i])) - train.LabelSize;
            }
        }

        /// <summary>The mean loss of what counted in the epoch so far. If nothing is left out, it is that of the samples.</summary>
        private double MeanLoss() => counted == 0 ? 0 : run.LossSum / (counted / (double)perSample);

        private bool Step()
        {
            int first = run.Step * options.BatchSize;
            int batch = Math.Min(options.BatchSize, train.Count - first);
            double rate = trainer.CurrentLearningRate;
            double loss = trainer.GatheredStep(train, order.AsSpan(first, batch), labels);
            if (!double.IsFinite(loss))
            {
                return false;
            }

            run.Step++;
            run.LossSum += loss * (trainer.lastCounted / (double)perSample);
            counted += trainer.lastCounted;
            run.LearningRate = rate;
            if (run.Step % options.ReportEverySteps == 0)
            {
                Report(loss, completed: null);
            }

            if (options.CheckpointEverySteps > 0 && run.Step % options.CheckpointEverySteps == 0 && run.Step < run.StepsPerEpoch)
            {
                SaveCheckpoint();
            }

            return true;
        }

        private void EndEpoch()
        {
            EvaluationResult? ofTraining = options.MeasureTraining ? trainer.Evaluate(train) : null;
            EvaluationResult? ofValidation = validation is null ? null : trainer.Evaluate(validation);
            EpochResult epoch = new(
                run.History.Count + 1, MeanLoss(), ofTraining?.Accuracy, ofValidation?.Loss, ofValidation?.Accuracy, run.LearningRate);
            Judge(epoch);
            run.History.Add(epoch);
            run.Step = 0;
            run.LossSum = 0;
            Report(epoch.Loss, epoch);
            SaveCheckpoint();
        }

        private void Judge(EpochResult epoch)
        {
            // Turned so that smaller is better.
            double value = options.EarlyStopping?.Monitor == Metric.Accuracy ? -epoch.ValidationAccuracy!.Value : epoch.ValidationLoss ?? epoch.Loss;
            double leastProgress = options.EarlyStopping?.MinDelta ?? 0;

            // An epoch that is not a number is never the best for good: nothing would be smaller.
            if (run.BestEpoch == 0 || value < run.BestValue - leastProgress || (double.IsNaN(run.BestValue) && !double.IsNaN(value)))
            {
                run.BestEpoch = epoch.Epoch;
                run.BestValue = value;
                run.Waited = 0;
                if (options.EarlyStopping is { RestoreBest: true })
                {
                    run.Best ??= new AlignedBuffer(trainer.state.Description.StorageLength, "The best parameters");
                    trainer.state.Storage.CopyTo(run.Best.Span);
                }
            }
            else
            {
                run.Waited++;
            }
        }

        private FitResult End(StopReason reason, string message)
        {
            if (options.EarlyStopping is { RestoreBest: true } && run.Best is { } best)
            {
                best.Span.CopyTo(trainer.state.Storage);
                trainer.state.Changed();
                trainer.lastBatch = 0;
            }

            trainer.fit = null;
            return Result(reason, message);
        }

        private FitResult LossNotFinite()
        {
            string step = $"step {run.Step + 1} of epoch {run.History.Count + 1} (step {trainer.StepCount + 1} of the trainer)";
            string left = run is { Step: 0, History.Count: 0 }
                ? "that is the first one, so the network has the parameters that Fit was called with"
                : "the parameters before the last update are not known (a checkpoint does not hold them), so the network has those that this step began with; an earlier checkpoint may be better";
            if (run.CanGoBack)
            {
                // The step without a finite loss changed nothing, but it was the update before that led to it: that one is taken back too.
                trainer.updater.Previous.Span.CopyTo(trainer.state.Storage);
                trainer.state.Changed();
                left = "the network has its last parameters with a finite loss";
            }

            trainer.lastBatch = 0;
            trainer.fit = null;
            return Result(
                StopReason.LossNotFinite,
                $"The loss was {trainer.lastLoss.ToString(CultureInfo.InvariantCulture)} at {step}; "
                + $"{left}. "
                + (trainer.HasCustomLoss ? "Look at what the loss is given: if a CtcLoss is infinite, a sample's labels need more steps than it has (see its ZeroInfinity). Or " : "")
                + $"{(trainer.HasCustomLoss ? 'l' : 'L')}ower the learning rate, set GradientClipNorm, or look for NaN in the data; "
                + "then train with a new Trainer, for the optimiser's state may be spoilt.");
        }

        private FitResult Result(StopReason reason, string message) => new([.. run.History], run.BestEpoch, reason, message);

        private void SaveCheckpoint()
        {
            if (options.CheckpointPath is { } path)
            {
                trainer.SaveCheckpoint(path);
            }
        }

        private void Report(double loss, EpochResult? completed) => progress?.Report(new FitProgress(
            completed?.Epoch ?? run.History.Count + 1,
            options.Epochs,
            completed is null ? run.Step : run.StepsPerEpoch,
            run.StepsPerEpoch,
            completed?.Loss ?? MeanLoss(),
            loss,
            run.LearningRate,
            completed));
    }

    /// <summary>Trains on samples of a checked data set. A loss that is not finite changes nothing.</summary>
    private float GatheredStep(DataSet data, ReadOnlySpan<int> samples, LabelDescription[] labels)
    {
        using Guard guard = new(this);
        Prepare(samples.Length, nameof(samples));
        Gather(data, samples, TNetwork.Description.Inputs, labels, memory.Inputs.Span, LabelMemory(samples.Length * data.LabelSize));
        if (takesNumbers)
        {
            // Somebody may have written to the data since it was checked.
            CheckInputs(memory.Inputs.Span[..(samples.Length * inputSize)]);
        }

        return Run(samples.Length, update: true, onlyFinite: true);
    }
}
