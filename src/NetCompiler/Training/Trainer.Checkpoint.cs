using System.Globalization;

namespace NetCompiler;

public sealed partial class Trainer<TNetwork>
{
    private const string FormatKey = "netcompiler.checkpoint";
    private const string FormatVersion = "1";
    private const string FitPrefix = "fit.";
    private const string BestName = "best";

    /// <summary>Every whole number up to it is a double as well; no count gets there, and what it is added to does not overflow.</summary>
    private const long MostCounted = 1L << 53;

    /// <summary>
    /// Saves all that training needs to go on with the same bits: parameters, running statistics, the optimiser's state, counters, seeds, what is
    /// frozen, what <see cref="CarryState"/> carries, and where Fit is. Settings (of the optimiser, the schedule, CarryState) are not in it; give them as before.
    /// The file is also a file of the network. A crash leaves the old file or the new one.
    /// </summary>
    /// <param name="path">The file.</param>
    public void SaveCheckpoint(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using Guard guard = new(this);
        CultureInfo culture = CultureInfo.InvariantCulture;
        List<KeyValuePair<string, string>> metadata =
        [
            new("format", "pt"),
            new("network", TNetwork.Description.Name),
            new(FormatKey, FormatVersion),
            new("optimizer", OptimizerName),
            new("step", StepCount.ToString(culture)),
            new("seed", Seed.ToString(culture)),
            new("updates", string.Join(' ', updater.Steps)),
            new("frozen", string.Join(' ', FrozenParameters)),
        ];
        if (fit is not null)
        {
            metadata.AddRange(fit.ToMetadata(FitPrefix));
        }

        List<StoredTensor> tensors = [.. NetworkFile.Tensors(state), .. OptimizerTensors(), .. carried.Tensors()];
        if (fit?.Best is { } best)
        {
            tensors.AddRange(BestTensors(best));
        }

        AtomicFile.Write(path, stream => SafetensorsWriter.Write(stream, tensors, metadata));
    }

    /// <summary>
    /// Goes back to where a checkpoint was saved. If anything is wrong with the file, nothing changes. With <see cref="CarryState"/>, what was carried then
    /// is carried on; without it, it is left in the file.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="SafetensorsException">The file is damaged, no checkpoint, or one of another network or optimiser.</exception>
    public void LoadCheckpoint(string path)
    {
        if (fitting)
        {
            throw new InvalidOperationException("A checkpoint cannot be loaded while Fit is at work; cancel it first.");
        }

        using Guard guard = new(this);
        using TensorLoader loader = TensorLoader.Open(path);
        Dictionary<string, string> metadata = loader.Header.Metadata;
        if (metadata.GetValueOrDefault(FormatKey) is not { } version)
        {
            throw loader.Error("this is no checkpoint. To load parameters only, use LoadParameters.");
        }

        if (version != FormatVersion)
        {
            throw loader.Error($"the checkpoint has version {Shown.Short(version)}; this library reads version {FormatVersion}.");
        }

        if (metadata.GetValueOrDefault("optimizer") != OptimizerName)
        {
            throw loader.Error($"the checkpoint is of the optimiser '{Shown.Short(metadata.GetValueOrDefault("optimizer"))}'; this trainer has '{OptimizerName}'.");
        }

        Position position = Parse(loader, metadata);
        foreach (StoredTensor tensor in NetworkFile.Tensors(state).Concat(OptimizerTensors()))
        {
            loader.Plan(tensor);
        }

        // The best parameters go with a run of Fit; there are some exactly when it is to restore them.
        if (position.Fit is { } run && loader.Header.Entries.Keys.Any(n => n.StartsWith(NetworkFile.TrainerPrefix + BestName + ".", StringComparison.Ordinal)))
        {
            run.Best = new AlignedBuffer(state.Description.StorageLength, "The best parameters");
            foreach (StoredTensor tensor in BestTensors(run.Best))
            {
                loader.Plan(tensor);
            }
        }

        CarriedStates begin = new(training);
        if (CarryState)
        {
            begin.Plan(loader);
        }

        loader.Commit();
        carried = begin;
        state.Changed();
        StepCount = position.Step;
        Seed = position.Seed;
        position.Updates.CopyTo(updater.Steps, 0);
        position.Frozen.CopyTo(updater.Frozen, 0);
        frozenBufferCount = 0;
        foreach (ParameterDescription buffer in position.FrozenBuffers)
        {
            SetFrozen(buffer, frozen: true);
        }

        fit = position.Fit;
        lastBatch = 0;
        lastWasUpdate = false;
    }

    /// <summary>Before anything is trained that could not be saved, or not be loaded again.</summary>
    private static void CheckStateNames(Optimizer optimizer)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (string name in optimizer.StateNames)
        {
            if (string.IsNullOrEmpty(name) || name is BestName or CarriedStates.Name || name.Contains('.', StringComparison.Ordinal) || !names.Add(name))
            {
                throw new ArgumentException(
                    $"{optimizer.GetType().Name}.StateNames has '{name}'{(names.Contains(name) ? " twice" : "")}. The names stand in checkpoints: each must come once, not be empty, have no dot, and be neither "
                        + $"'{BestName}' nor '{CarriedStates.Name}', which are the trainer's own. Give it another name.", nameof(optimizer));
            }
        }
    }

    private string OptimizerName => string.Join(' ', [Optimizer.GetType().Name, .. updater.StateNames]);

    private IEnumerable<StoredTensor> OptimizerTensors() =>
        updater.StateNames.SelectMany((name, i) =>
            updater.Trained.Select(p => new StoredTensor($"{NetworkFile.TrainerPrefix}{name}.{p.Name}", p, updater.States, updater.StateBegin(i))));

    private static IEnumerable<StoredTensor> BestTensors(AlignedBuffer best) =>
        TNetwork.Description.Parameters.Select(p => new StoredTensor($"{NetworkFile.TrainerPrefix}{BestName}.{p.Name}", p, best));

    private Position Parse(TensorLoader loader, Dictionary<string, string> metadata)
    {
        try
        {
            CultureInfo culture = CultureInfo.InvariantCulture;
            long step = Count("step", Get("step"));
            long seed = long.Parse(Get("seed"), culture);
            long[] updates = [.. Split(Get("updates")).Select(s => Count("updates", s))];
            if (updates.Length != updater.Trained.Length)
            {
                throw loader.Error($"the checkpoint is of the network '{Shown.Short(metadata.GetValueOrDefault("network"))}', of which {updates.Length} parameters are trained; "
                    + $"{TNetwork.Description.Name} has {updater.Trained.Length}. Load it with a trainer of the network that it was saved from.");
            }

            HashSet<string> frozen = new(Split(Get("frozen")), StringComparer.Ordinal);
            if (frozen.FirstOrDefault(n => !state.Parameters.Contains(n)) is { } unknown)
            {
                throw loader.Error($"the checkpoint freezes '{Shown.Short(unknown)}', and {TNetwork.Description.Name} has no parameter of that name. "
                    + NearNames.Suggest(unknown, state.Parameters.Select(p => p.Name)));
            }

            return new Position(
                step,
                seed,
                updates,
                [.. updater.Trained.Select(p => frozen.Contains(p.Name))],
                [.. TNetwork.Description.Parameters.Where(p => p.IsBuffer && frozen.Contains(p.Name))],
                FitState.FromMetadata(metadata, FitPrefix));
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw loader.Error($"the checkpoint's metadata are damaged: {Shown.Short(e.Message)}");
        }

        string Get(string key) => metadata.GetValueOrDefault(key) ?? throw new FormatException($"'{key}' is missing");

        static long Count(string key, string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) is <= MostCounted and var count
            ? count
            : throw new FormatException($"'{key}' has {text}, more than can have been counted");

        static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private sealed record Position(long Step, long Seed, long[] Updates, bool[] Frozen, ParameterDescription[] FrozenBuffers, FitState? Fit);
}
