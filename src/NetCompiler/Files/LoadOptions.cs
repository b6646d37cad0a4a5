namespace NetCompiler;

/// <summary>What of a file is loaded.</summary>
public sealed class LoadOptions
{
    /// <summary>
    /// Which parameters to load: <c>*</c> is any characters, <c>?</c> any one, and a module's name is all that is inside it
    /// (<c>Stem</c>, <c>Stage?.*.weight</c>). Others keep their values, and tensors of other names in the file are ignored.
    /// </summary>
    public string Names
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = "*";

    /// <summary>
    /// True: every parameter that <see cref="Names"/> matches must be in the file, and (when it is <c>*</c>) the file must have nothing else.
    /// False: what is in both is loaded. Shapes must agree in any case.
    /// </summary>
    public bool Strict { get; init; } = true;
}

/// <summary>What was loaded from a file.</summary>
/// <param name="Loaded">Parameters and buffers that were replaced.</param>
/// <param name="Missing">Parameters and buffers that were wanted and are not in the file.</param>
/// <param name="Ignored">Tensors of the file that were not used.</param>
public sealed record LoadResult(IReadOnlyList<string> Loaded, IReadOnlyList<string> Missing, IReadOnlyList<string> Ignored);
