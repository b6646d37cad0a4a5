using System.ComponentModel;

namespace NetCompiler;

/// <summary>
/// For generated code: the computation of what predictions need of the parameters alone (folded normalisations, transformed weights). It is done once, and again
/// when the parameters have changed. Disposing ends it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly ref struct Preparation
{
    private readonly PreparedValues? values;
    private readonly int version;

    internal Preparation(PreparedValues values, int version)
    {
        this.values = values;
        this.version = version;
    }

    /// <summary>False when another thread has done it in the meantime.</summary>
    public bool IsNeeded => values is not null;

    /// <summary>Where the results go.</summary>
    public ref float Target => ref values!.Buffer!.Reference;

    /// <summary>Makes the results known.</summary>
    public void Dispose() => values?.End(version);
}

/// <summary>What one compiled prediction computed from the parameters, and from which state of them.</summary>
internal sealed class PreparedValues
{
    private readonly Lock gate = new();
    private InstructionPath path;
    private int current = -1;

    public AlignedBuffer? Buffer { get; private set; }

    /// <summary>Paths round differently, so each computes its own.</summary>
    public bool IsCurrent(int version, InstructionPath wanted) => Volatile.Read(ref current) == version && path == wanted;

    public Preparation Begin(int version, InstructionPath wanted, int length, string purpose)
    {
        gate.Enter();
        if (IsCurrent(version, wanted))
        {
            gate.Exit();
            return default;
        }

        Volatile.Write(ref current, -1);
        Buffer ??= new AlignedBuffer(length, purpose);
        path = wanted;
        return new Preparation(this, version);
    }

    public void End(int version)
    {
        Volatile.Write(ref current, version);
        gate.Exit();
    }
}
