using System.Text;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>The memory a value is in.</summary>
internal enum Space
{
    /// <summary>The caller's inputs, labels and outputs, by position.</summary>
    Input,
    Label,
    Output,

    /// <summary>The parameter storage, and gradients at the same offsets.</summary>
    Parameter,
    Gradient,

    /// <summary>Memory that does not depend on the batch.</summary>
    Static,

    /// <summary>A row for each sample of the minibatch.</summary>
    Sample,

    /// <summary>A partial result for each chunk of the minibatch.</summary>
    Chunk,

    /// <summary>The thread's own memory: a row for each sample of one chunk.</summary>
    Scratch,

    /// <summary>What is kept from step to step. In training a row for each sample of the minibatch.</summary>
    State,

    /// <summary>In training: what is to be kept for the next step, at the offsets of what this one began with.</summary>
    NextState,
}

/// <summary>Where a value is: for Input, Label and Output the offset is the position; else floats.</summary>
internal sealed record Storage(Space Space, int Offset)
{
    /// <summary>Of Scratch: where the value of one sample alone is, in memory that has no room for more.</summary>
    public int OneOffset { get; init; }
}

/// <summary>Adds up the chunks' partial results of one value, in order.</summary>
internal sealed record Combine(Value Value, int Length);

/// <summary>
/// One phase: either units that run for each chunk of the minibatch, or (Items fixed) item 0 with serial work and further
/// items of combining and of split units.
/// </summary>
internal sealed class PhasePlan(string role, bool chunked)
{
    public const int CombineBlock = 16384;

    public string Role { get; } = role;

    public bool Chunked { get; } = chunked;

    public List<Unit> Units { get; } = [];

    /// <summary>Serial work of item 0, before <see cref="Units"/>.</summary>
    public List<Combine> SerialCombines { get; } = [];

    /// <summary>Independent combines, in blocks of <see cref="CombineBlock"/> floats.</summary>
    public List<Combine> Combines { get; } = [];

    public List<Unit> SplitUnits { get; } = [];

    public bool HasSerialWork => !Chunked && (Units.Count > 0 || SerialCombines.Count > 0);

    public int Items => Chunked ? 0 : (HasSerialWork ? 1 : 0)
        + Combines.Sum(CombineItems)
        + SplitUnits.Sum(SplitItems);

    public static int CombineItems(Combine combine) => (combine.Length + CombineBlock - 1) / CombineBlock;

    public static int SplitItems(Unit unit) => (unit.SplitAxis!.Extent + unit.SplitBlock - 1) / unit.SplitBlock;
}

/// <summary>Everything that scheduling and emission need to know of one program.</summary>
internal sealed class Plan(Program program, Dictionary<Value, Layout> layouts)
{
    public Program Program { get; } = program;

    public Dictionary<Value, Layout> Layouts { get; } = layouts;

    public Dictionary<Value, Storage> Storages { get; } = [];

    /// <summary>Of values that lie in a part of a larger one: which.</summary>
    public Dictionary<Value, Value> Wholes { get; } = [];

    /// <summary>Where the chunks' partial results of a batch sum are, in the memory for each chunk.</summary>
    public Dictionary<Value, int> PartialOffsets { get; } = [];

    /// <summary>Predicting: first what depends on parameters alone, then one chunked phase. Training: all phases in order.</summary>
    public List<PhasePlan> Phases { get; } = [];

    public int ChunkSize { get; set; }

    /// <summary>What one sample takes on one thread, about, predicting or training.</summary>
    public double Nanoseconds { get; set; }

    /// <summary>In a prediction: several threads may share the layers.</summary>
    public bool SharesLayers { get; set; }

    /// <summary>Rows in which the sequences are taken of which only the places that count are gone through.</summary>
    public List<int> TakenRows { get; set; } = [];

    public int StaticLength { get; set; }

    public int SampleLength { get; set; }

    public int ChunkLength { get; set; }

    public int ScratchLength { get; set; }

    /// <summary>The same for one sample alone.</summary>
    public int OneScratchLength { get; set; }

    public int InverseBatchOffset { get; set; }

    public int StateLength { get; set; }

    /// <summary>Floats of a value in the thread's own memory.</summary>
    public int ScratchLengthOf(Value value) => checked(Layouts[value].Length * (Layouts[value].IsTransient ? 1 : ChunkSize));

    /// <summary>The value whose memory it is in.</summary>
    public Value WholeOf(Value value) => Wholes.TryGetValue(value, out var whole) ? whole : value;

    public string Dump()
    {
        var text = new StringBuilder();
        text.Append($"plan {Program.Name}: chunk {ChunkSize}, static {StaticLength}, per sample {SampleLength}, per chunk {ChunkLength}, scratch {ScratchLength}\n");
        foreach (var phase in Phases)
        {
            text.Append($"phase {phase.Role}{(phase.Chunked ? " chunks" : $" items {phase.Items}")}\n");
            foreach (var c in phase.SerialCombines.Concat(phase.Combines)) text.Append($"  combine {c.Value}\n");
            foreach (var unit in phase.Units.Concat(phase.SplitUnits))
            {
                text.Append($"  unit {unit.Main.Name} axis {unit.VectorAxis?.Name ?? "-"}{(unit.SplitAxis is { } s ? $" split {s.Name}/{unit.SplitBlock}" : "")}{(unit.IsShared ? " shared" : "")}\n");
                foreach (var nest in unit.Stages.SelectMany(s => s.Nests).Concat(unit.Nests))
                    text.Append($"    {nest.Output} {nest.Kind} {nest.Body}{(Storages.TryGetValue(nest.Output.Value, out var at) ? $" -> {at.Space}@{at.Offset}" : "")}\n");
            }
        }

        return text.ToString();
    }
}
