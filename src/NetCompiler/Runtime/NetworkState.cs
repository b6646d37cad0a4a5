using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace NetCompiler;

/// <summary>The parameters and buffers of one network, in one block of memory laid out at build time.</summary>
public sealed unsafe class NetworkState
{
    /// <summary>The number of the prediction that makes a step (see <see cref="IsPrepared"/>).</summary>
    internal const int Step = 2;

    private readonly AlignedBuffer storage;
    private readonly float* pointer;
    private readonly PreparedValues?[] prepared = new PreparedValues?[4];
    private int teamTaken;
    private int version;

    /// <summary>
    /// Allocates the storage and initialises it. Each parameter draws from its own random stream, derived from the seed
    /// and its name: adding a layer does not change how the others begin.
    /// </summary>
    /// <param name="description">The network.</param>
    /// <param name="seed">Networks of the same seed begin the same.</param>
    public NetworkState(NetworkDescription description, long seed)
    {
        ArgumentNullException.ThrowIfNull(description);
        Description = description;
        storage = Allocate(description);
        pointer = storage.Pointer;
        Parameters = MakeParameters(out Parameter[] parameters);
        foreach (Parameter parameter in parameters)
        {
            InitialValues.Set(parameter, seed);
        }
    }

    /// <summary>For generated code: with the parameters that are part of the network's assembly.</summary>
    /// <param name="description">The network.</param>
    /// <param name="weights">The parameters.</param>
    /// <param name="isShared">Whether the whole program uses these parameters, so that nothing may change them.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public NetworkState(NetworkDescription description, EmbeddedWeights weights, bool isShared)
    {
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(weights);
        Description = description;
        AlignedBuffer? inPlace = isShared ? weights.InPlace(description) : null;
        storage = inPlace ?? Allocate(description);
        pointer = storage.Pointer;
        if (inPlace is null)
        {
            weights.CopyTo(description, storage.Span);
        }

        Parameters = MakeParameters(out _);
        IsReadOnly = isShared;
    }

    /// <summary>The network.</summary>
    public NetworkDescription Description { get; }

    /// <summary>Parameters and buffers, in order of declaration.</summary>
    public ParameterCollection Parameters { get; }

    /// <summary>Whether the whole program shares these parameters (<c>Pretrained</c>), so that nothing can change them.</summary>
    public bool IsReadOnly { get; }

    /// <summary>The whole storage: learned parameters, then buffers. Call <see cref="Changed"/> after writing to it.</summary>
    /// <exception cref="InvalidOperationException">The parameters are read-only.</exception>
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    public Span<float> Storage
    {
        get
        {
            CheckWritable();
            return storage.Span;
        }
    }

    /// <summary>The first float of the storage; 64 floats behind the last may be read.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ref float Reference
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            // Every prediction begins here, after whatever its processor did before: an object on the way is one more line to wait for. The
            // reference keeps the memory alive, and until there is one, this object does.
            ref float first = ref *pointer;
            GC.KeepAlive(this);
            return ref first;
        }
    }

    /// <summary>How many threads one prediction may use; 0 sets one for each processor.</summary>
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    public int Threads
    {
        get;
        set => field = WorkerPool.Count(value, nameof(Threads));
    } = 1;

    internal AlignedBuffer Buffer => storage;

    /// <summary>Says that parameters or buffers were written to, so that predictions compute anew what they keep of them.</summary>
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    public void Changed() => Interlocked.Increment(ref version);

    /// <summary>Another one after each change.</summary>
    internal int Version => Volatile.Read(ref version);

    /// <summary>For generated code: whether what a prediction keeps of the parameters is that of the parameters as they are.</summary>
    /// <param name="prediction">0: the ordinary one; 1: the one that keeps outputs; 2: a step; 3: a block of steps.</param>
    /// <param name="path">Which code runs.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public bool IsPrepared(int prediction, InstructionPath path) => Volatile.Read(ref prepared[prediction])?.IsCurrent(Volatile.Read(ref version), path) == true;

    /// <summary>For generated code: what a prediction keeps of the parameters.</summary>
    /// <param name="prediction">Which one.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ref float Prepared(int prediction) => ref prepared[prediction]!.Buffer!.Reference;

    /// <summary>For generated code: begins to compute it; other threads that want it wait.</summary>
    /// <param name="prediction">Which one.</param>
    /// <param name="path">Which code runs.</param>
    /// <param name="length">Floats to keep.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public Preparation Prepare(int prediction, InstructionPath path, int length) =>
        Keeper(ref prepared[prediction]).Begin(Volatile.Read(ref version), path, length, $"{Description.Name}: what predictions keep of the parameters");

    internal AlignedBuffer? PreparedBuffer(int prediction) => prepared[prediction]?.Buffer;

    /// <summary>The threads of predictions, once there have been any; for who has taken them. They end when the network is collected.</summary>
    internal PoolWork? Team { get; set; }

    /// <summary>Takes the threads; false when another call has them.</summary>
    internal bool TryTakeTeam() => Volatile.Read(ref teamTaken) == 0 && Interlocked.Exchange(ref teamTaken, 1) == 0;

    internal void ReturnTeam() => Volatile.Write(ref teamTaken, 0);

    /// <summary>Throws where parameters are about to be changed that the whole program shares.</summary>
    internal void CheckWritable()
    {
        if (IsReadOnly)
        {
            throw new InvalidOperationException(
                $"{Description.Name}.Pretrained is shared by the whole program, so its parameters cannot be changed. Change those of a network of your own: "
                    + $"{Description.Name}.LoadPretrained() makes one that begins with the same parameters.");
        }
    }

    private static AlignedBuffer Allocate(NetworkDescription description) => new(description.StorageLength, $"{description.Name}: the parameters");

    /// <summary>Most networks keep nothing, and few more than one prediction does.</summary>
    private static PreparedValues Keeper(ref PreparedValues? values) =>
        Volatile.Read(ref values) ?? Interlocked.CompareExchange(ref values, new PreparedValues(), null) ?? values!;

    private ParameterCollection MakeParameters(out Parameter[] parameters)
    {
        parameters = new Parameter[Description.Parameters.Length];
        for (int i = 0; i < parameters.Length; i++)
        {
            parameters[i] = new Parameter(Description.Parameters[i], storage, this);
        }

        return new ParameterCollection(parameters, Description.Name);
    }
}
