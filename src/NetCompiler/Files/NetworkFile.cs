using System.ComponentModel;

namespace NetCompiler;

/// <summary>
/// Networks as safetensors files, with the names, shapes and layouts of PyTorch's <c>state_dict</c>. Behind the generated <c>Save</c>, <c>Load</c>
/// and <c>LoadParameters</c>.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Advanced)]
public static class NetworkFile
{
    /// <summary>Names in a file that begin so are the trainer's; no C# identifier, hence no parameter, does.</summary>
    internal const char TrainerPrefix = '@';

    /// <summary>PyTorch counts BatchNorm's minibatches in a tensor of its own, which nothing here depends on.</summary>
    private const string BatchCounter = "num_batches_tracked";

    /// <summary>Saves parameters and buffers. A crash leaves the old file or the new one.</summary>
    /// <typeparam name="T">The network.</typeparam>
    /// <param name="network">The network.</param>
    /// <param name="path">The file.</param>
    public static void Save<T>(T network, string path)
        where T : class, INetwork<T>
    {
        ArgumentNullException.ThrowIfNull(network);
        AtomicFile.Write(path, stream => Save(network, stream));
    }

    /// <summary>Writes parameters and buffers to a stream.</summary>
    /// <typeparam name="T">The network.</typeparam>
    /// <param name="network">The network.</param>
    /// <param name="stream">Where to.</param>
    public static void Save<T>(T network, Stream stream)
        where T : class, INetwork<T>
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(stream);
        SafetensorsWriter.Write(stream, Tensors(network.State), [new("format", "pt"), new("network", T.Description.Name)]);
    }

    /// <summary>
    /// Saves parameters and buffers as they lie in the network's memory. Such a file is for <c>[Network(Weights = ...)]</c>: large networks then use the
    /// numbers where they lie in the assembly. Only a network with the same layers, compiled by the same version, can use it; nothing else reads it.
    /// </summary>
    /// <typeparam name="T">The network.</typeparam>
    /// <param name="network">The network.</param>
    /// <param name="path">The file. A crash leaves the old one or the new one.</param>
    public static void SavePacked<T>(T network, string path)
        where T : class, INetwork<T>
    {
        ArgumentNullException.ThrowIfNull(network);
        AlignedBuffer storage = network.State.Buffer;
        AlignedBuffer padded = new(storage.Length + AlignedBuffer.Slack, $"{T.Description.Name}: a packed file");
        storage.Values.CopyTo(padded.Span);
        StoredTensor tensor = new(SafetensorsWriter.Packed, new ParameterDescription(SafetensorsWriter.Packed, [padded.Length], 0, [1], false, 0, 0), padded);
        AtomicFile.Write(path, stream => SafetensorsWriter.Write(
            stream, [tensor], [new("network", T.Description.Name), new(SafetensorsWriter.PackedLayout, T.Description.Layout)]));
    }

    /// <summary>Makes a network with the parameters of a file.</summary>
    /// <typeparam name="T">The network.</typeparam>
    /// <param name="path">The file.</param>
    /// <exception cref="SafetensorsException">The file is damaged or holds another network.</exception>
    public static T Load<T>(string path)
        where T : class, INetwork<T>
    {
        T network = T.Create(seed: 0);
        LoadParameters(network, path);
        return network;
    }

    /// <summary>Makes a network with the parameters of a file.</summary>
    /// <typeparam name="T">The network.</typeparam>
    /// <param name="stream">The file, from its position to its end.</param>
    /// <exception cref="SafetensorsException">The file is damaged or holds another network.</exception>
    public static T Load<T>(Stream stream)
        where T : class, INetwork<T>
    {
        T network = T.Create(seed: 0);
        LoadParameters(network, stream);
        return network;
    }

    /// <summary>Replaces all parameters by those of a file, which must have exactly these; if anything is wrong with it, none.</summary>
    /// <typeparam name="T">The network.</typeparam>
    /// <param name="network">The network.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="SafetensorsException">The file is damaged or does not fit.</exception>
    public static LoadResult LoadParameters<T>(T network, string path)
        where T : class, INetwork<T> => LoadParameters(network, path, options: null);

    /// <summary>Replaces all parameters by those of a file, which must have exactly these; if anything is wrong with it, none.</summary>
    /// <typeparam name="T">The network.</typeparam>
    /// <param name="network">The network.</param>
    /// <param name="stream">The file, from its position to its end.</param>
    /// <exception cref="SafetensorsException">The file is damaged or does not fit.</exception>
    public static LoadResult LoadParameters<T>(T network, Stream stream)
        where T : class, INetwork<T> => LoadParameters(network, stream, options: null);

    /// <summary>Replaces parameters by those of a file; if anything is wrong with it, none.</summary>
    /// <typeparam name="T">The network.</typeparam>
    /// <param name="network">The network.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">Which ones; null: all, and the file must have exactly these.</param>
    /// <exception cref="SafetensorsException">The file is damaged or does not fit.</exception>
    public static LoadResult LoadParameters<T>(T network, string path, LoadOptions? options)
        where T : class, INetwork<T>
    {
        ArgumentNullException.ThrowIfNull(network);
        using TensorLoader loader = TensorLoader.Open(path);
        return LoadParameters(network.State, loader, options ?? new LoadOptions());
    }

    /// <summary>Replaces parameters by those of a file; if anything is wrong with it, none.</summary>
    /// <typeparam name="T">The network.</typeparam>
    /// <param name="network">The network.</param>
    /// <param name="stream">The file, from its position to its end.</param>
    /// <param name="options">Which ones; null: all, and the file must have exactly these.</param>
    /// <exception cref="SafetensorsException">The file is damaged or does not fit.</exception>
    public static LoadResult LoadParameters<T>(T network, Stream stream, LoadOptions? options)
        where T : class, INetwork<T>
    {
        ArgumentNullException.ThrowIfNull(network);
        using TensorLoader loader = TensorLoader.Open(stream);
        return LoadParameters(network.State, loader, options ?? new LoadOptions());
    }

    internal static List<StoredTensor> Tensors(NetworkState state) =>
        [.. state.Parameters.Select(p => new StoredTensor(p.Name, p.Tensor, state.Buffer))];

    private static LoadResult LoadParameters(NetworkState state, TensorLoader loader, LoadOptions options)
    {
        state.CheckWritable();
        if (loader.Header.Entries.ContainsKey(SafetensorsWriter.Packed))
        {
            throw loader.Error($"the file is packed (SavePacked) for [Network(Weights = ...)], where the build reads it. To load parameters, write the file with Save.");
        }

        List<string> loaded = [];
        List<string> missing = [];
        List<StoredTensor> wanted = [.. Tensors(state).Where(t => NamePattern.Matches(options.Names, t.Name))];
        if (wanted.Count == 0 && state.Parameters.Count > 0)
        {
            throw new ArgumentException(
                $"No parameter of {state.Description.Name} matches '{options.Names}'. "
                    + $"{NearNames.Suggest(options.Names, state.Parameters.Select(p => p.Name))}", nameof(options));
        }

        HashSet<string> used = new(StringComparer.Ordinal);
        foreach (StoredTensor tensor in wanted)
        {
            if (options.Strict || tensor.Layout.OtherNames.Prepend(tensor.Name).Any(loader.Header.Entries.ContainsKey))
            {
                used.UnionWith(loader.PlanAny(tensor, firstCounts: !options.Strict));
                loaded.Add(tensor.Name);
            }
            else
            {
                missing.Add(tensor.Name);
            }
        }

        List<string> ignored = [.. loader.Header.Entries.Keys.Where(n => !used.Contains(n))];
        if (options is { Strict: true, Names: "*" } && ignored.Find(n => !IsHarmless(state, loader, n)) is { } unexpected)
        {
            throw loader.Error(
                $"tensor '{Shown.Short(unexpected)}' of shape {loader.Header.Entries[unexpected].ShapeText} is none of {state.Description.Name}'s. "
                + $"Is it another network's file? To load what fits and ignore the rest, use LoadParameters with LoadOptions {{ Strict = false }}.");
        }

        loader.Commit();
        state.Changed();
        return new LoadResult(loaded, missing, ignored);
    }

    private static bool IsHarmless(NetworkState state, TensorLoader loader, string name) =>
        name.StartsWith(TrainerPrefix)
        || (name.EndsWith("." + BatchCounter, StringComparison.Ordinal)
            && loader.Header.Entries[name].Type == "I64"
            && state.Parameters.Contains(string.Concat(name.AsSpan(0, name.Length - BatchCounter.Length), "running_mean")));
}
