namespace NetCompiler.Compiler.Model;

/// <summary>
/// Where a diagnostic belongs, in terms of the declaration: the front end turns it into a location in a file.
/// </summary>
/// <param name="Type">Full name of the network or block.</param>
/// <param name="Property">The property's name; empty: the class itself.</param>
/// <param name="Layer">Index of the layer attribute on that property or class; -1: the property or class itself.</param>
public sealed record SourceKey(string Type, string Property, int Layer)
{
    /// <summary>Where a network names its file of weights.</summary>
    public static SourceKey WeightsOf(string type) => new(type, "", -2);

    /// <summary>Where another argument of [Network] stands: no property has such a name.</summary>
    public static SourceKey OptionOf(string type, string option) => new(type, "Network." + option, -1);
}

/// <summary>A diagnostic by its id and message arguments; the descriptors are in <c>Diagnostics.cs</c>.</summary>
public sealed record DiagnosticInfo(string Id, SourceKey Source, EquatableArray<string> Arguments)
{
    public static DiagnosticInfo Of(string id, SourceKey source, params string[] arguments) => new(id, source, new(arguments));
}
