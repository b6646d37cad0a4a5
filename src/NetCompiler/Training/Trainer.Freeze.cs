namespace NetCompiler;

public sealed partial class Trainer<TNetwork>
{
    private readonly ParameterDescription[] frozenBuffers;
    private int frozenBufferCount;

    /// <summary>Names of all that <see cref="Freeze"/> holds.</summary>
    public IReadOnlyList<string> FrozenParameters =>
        [.. updater.Trained.Where((_, i) => updater.Frozen[i]).Concat(frozenBuffers.Take(frozenBufferCount)).Select(p => p.Name)];

    /// <summary>
    /// Holds parameters and running statistics at their values: no gradient, weight decay or momentum moves them, and clipping leaves them out.
    /// </summary>
    /// <param name="names"><c>*</c> is any characters, <c>?</c> any one; a module's name is all that is inside it: <c>Stem.*</c>, <c>Stem</c>.</param>
    /// <returns>How many the pattern matches.</returns>
    /// <exception cref="ArgumentException">It matches none.</exception>
    public int Freeze(string names) => SetFrozen(names, frozen: true);

    /// <summary>Undoes <see cref="Freeze"/>.</summary>
    /// <param name="names">A pattern as for <see cref="Freeze"/>.</param>
    /// <returns>How many the pattern matches.</returns>
    /// <exception cref="ArgumentException">It matches none.</exception>
    public int Unfreeze(string names) => SetFrozen(names, frozen: false);

    private int SetFrozen(string names, bool frozen)
    {
        ArgumentException.ThrowIfNullOrEmpty(names);
        using Guard guard = new(this);
        int matches = 0;
        for (int i = 0; i < updater.Trained.Length; i++)
        {
            if (NamePattern.Matches(names, updater.Trained[i].Name))
            {
                updater.Frozen[i] = frozen;
                matches++;
            }
        }

        foreach (ParameterDescription buffer in TNetwork.Description.Parameters)
        {
            if (buffer.IsBuffer && NamePattern.Matches(names, buffer.Name))
            {
                SetFrozen(buffer, frozen);
                matches++;
            }
        }

        return matches > 0 ? matches : throw new ArgumentException(
            $"No parameter of {TNetwork.Description.Name} matches '{names}'. {NearNames.Suggest(names, state.Parameters.Select(p => p.Name))}", nameof(names));
    }

    private void SetFrozen(ParameterDescription buffer, bool frozen)
    {
        int at = Array.IndexOf(frozenBuffers, buffer, 0, frozenBufferCount);
        if (frozen && at < 0)
        {
            frozenBuffers[frozenBufferCount++] = buffer;
        }
        else if (!frozen && at >= 0)
        {
            frozenBuffers[at] = frozenBuffers[--frozenBufferCount];
        }
    }

    private void KeepBuffer(ParameterDescription buffer)
    {
        int last = buffer.Offset;
        for (int d = 0; d < buffer.Shape.Length; d++)
        {
            last += (buffer.StorageShape[d] - 1) * buffer.Strides[d];
        }

        updater.Previous.Span[buffer.Offset..(last + 1)].CopyTo(state.Storage[buffer.Offset..]);
    }
}
