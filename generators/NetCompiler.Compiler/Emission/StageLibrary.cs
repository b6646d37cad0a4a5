namespace NetCompiler.Compiler.Emission;

/// <summary>Takes stages of chains, as methods of their own.</summary>
internal interface IStages
{
    /// <summary>The name of the method.</summary>
    string Add(string baseName, string title, string parameters, string body);
}

/// <summary>A method that a kernel calls.</summary>
internal sealed record Stage(string Name, string Title, string Parameters, string Body);

/// <summary>Stages of chains for one width, as methods: those that read the same are one, whatever kernel they belong to.</summary>
internal sealed class StageLibrary : IStages
{
    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public List<Stage> Stages { get; } = [];

    public string Add(string baseName, string title, string parameters, string body)
    {
        var text = parameters + "\n" + body;
        if (_known.TryGetValue(text, out var known)) return known;
        var name = baseName;
        for (var i = 2; !_names.Add(name); i++) name = baseName + "_" + CodeWriter.Number(i);
        Stages.Add(new(name, title, parameters, body));
        return _known[text] = name;
    }
}

/// <summary>
/// The stages of one kernel, which is written while others are: what their methods are called is known when all kernels before it have theirs, and until then the text has
/// marks in the place of names.
/// </summary>
internal sealed class StageList : IStages
{
    private const char Mark = '\u0002';

    private readonly List<Stage> _stages = [];

    public string Add(string baseName, string title, string parameters, string body)
    {
        _stages.Add(new(baseName, title, parameters, body));
        return Mark + CodeWriter.Number(_stages.Count - 1) + Mark;
    }

    /// <summary>Gives the stages to a library, in order; the text of the kernel, with their names.</summary>
    public string MoveTo(StageLibrary library, string kernel)
    {
        if (_stages.Count == 0) return kernel;
        var names = new string[_stages.Count];
        for (var i = 0; i < _stages.Count; i++)
        {
            var stage = _stages[i];
            names[i] = library.Add(stage.Name, stage.Title, stage.Parameters, Named(stage.Body, names)); // a stage calls none but earlier ones
        }

        return Named(kernel, names);
    }

    private static string Named(string text, string[] names)
    {
        if (text.IndexOf(Mark) < 0) return text;
        var parts = text.Split(Mark);
        for (var i = 1; i < parts.Length; i += 2) parts[i] = names[int.Parse(parts[i], System.Globalization.CultureInfo.InvariantCulture)];
        return string.Concat(parts);
    }
}
