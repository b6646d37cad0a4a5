namespace NetCompiler;

/// <summary>
/// What recurrent layers remember, for each row of the minibatch: where the next minibatch begins, and where the last one began, which its gradients may
/// still ask for. There are two blocks: a minibatch reads one and writes the other, and a step that is committed changes their roles. All that is
/// not carried is 0.
/// </summary>
internal sealed class CarriedStates(TrainingDescription training)
{
    /// <summary>What stands before the states' names in a checkpoint.</summary>
    public const string Name = "carried";

    private readonly AlignedBuffer[] blocks = [new(0, "Training"), new(0, "Training")];
    private int capacity;
    private int next;
    private int used;

    /// <summary>Rows that are carried; 0: none, the next minibatch may have any number of them and begins with zeros.</summary>
    public int Rows { get; private set; }

    /// <summary>What the minibatch that is at work, or was the last one, begins with.</summary>
    public AlignedBuffer Begin => blocks[used];

    /// <summary>What it ends with.</summary>
    public AlignedBuffer End => blocks[1 - used];

    /// <summary>Prepares for a minibatch of that size. Changes nothing when there is not enough memory.</summary>
    public void Prepare(int batch)
    {
        if (batch > capacity)
        {
            string purpose = $"A minibatch of {batch} samples";
            AlignedBuffer first = new((long)training.StateLength * batch, purpose);
            AlignedBuffer second = new((long)training.StateLength * batch, purpose);
            (blocks[0], blocks[1], capacity) = (first, second, batch);
        }
    }

    /// <summary>The minibatch that follows begins where the carried ones ended.</summary>
    public void Use() => used = next;

    /// <summary>What the last minibatch ended with is where the next one begins.</summary>
    public void Advance(int batch)
    {
        next = 1 - used;
        Rows = batch;
    }

    /// <summary>What is carried, for a checkpoint: of each state [rows, units].</summary>
    public IEnumerable<StoredTensor> Tensors() => Rows == 0 ? [] : training.States.Select(s => new StoredTensor(
        NameOf(s), new ParameterDescription(s.Name, [Rows, s.Length], s.Offset * Rows, [s.Length, 1], false, 0, 0), blocks[next]));

    /// <summary>Takes what a checkpoint carries; if that is nothing, all begins with zeros.</summary>
    public void Plan(TensorLoader loader)
    {
        if (training.States.Length == 0 || loader.Header.Entries.GetValueOrDefault(NameOf(training.States[0])) is not { } entry)
        {
            return;
        }

        // A shape that does not fit is reported by the loader as any other.
        Rows = entry.Shape is [> 0 and var rows, var units] && units == training.States[0].Length ? (int)rows : 1;
        Prepare(Rows);
        foreach (StoredTensor tensor in Tensors())
        {
            loader.Plan(tensor);
        }
    }

    /// <summary>All rows begin with zeros.</summary>
    public void Reset()
    {
        next = 1 - used;
        blocks[next].Span.Clear();
        Rows = 0;
    }

    /// <summary>One row begins with zeros.</summary>
    public void Reset(int row)
    {
        if (next == used)
        {
            next = 1 - used;
            blocks[used].Span.CopyTo(blocks[next].Span);
        }

        foreach (TrainingStateDescription state in training.States)
        {
            blocks[next].Span.Slice((state.Offset * Rows) + (row * state.Length), state.Length).Clear();
        }
    }

    private static string NameOf(TrainingStateDescription state) => $"{NetworkFile.TrainerPrefix}{Name}.{state.Name}";
}
