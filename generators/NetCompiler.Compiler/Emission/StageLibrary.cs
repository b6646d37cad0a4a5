namespace NetCompiler.Compiler.Emission;

/// <summary>Stages of chains for one width, as methods: those that read the same are one, whatever kernel they belong to.</summary>
internal sealed class StageLibrary
{
    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public List<(string Name, string Title, string Parameters, string Body)> Stages { get; } = [];

    /// <summary>The name of the method.</summary>
    public string Add(string baseName, string title, string parameters, string body)
    {
        var text = parameters + "\n" + body;
        if (_known.TryGetValue(text, out var known)) return known;
        var name = baseName;
        for (var i = 2; !_names.Add(name); i++) name = baseName + "_" + CodeWriter.Number(i);
        Stages.Add((name, title, parameters, body));
        return _known[text] = name;
    }
}
