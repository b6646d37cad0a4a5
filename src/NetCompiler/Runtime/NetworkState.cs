using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace NetCompiler;

/// <summary>The parameters and buffers of one network, in one block of memory laid out at build time.</summary>
public sealed class NetworkState
{
    private readonly AlignedBuffer storage;
    private readonly PreparedValues[] prepared = [new(), new(), new(), new()];
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
        Parameters = MakeParameters();
        foreach (Parameter parameter in Parameters)
        {
            Initialise(parameter, seed);
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
        if (inPlace is null)
        {
            weights.CopyTo(description, storage.Span);
        }

        Parameters = MakeParameters();
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
    public ref float Reference => ref storage.Reference;

    /// <summary>How many threads one prediction may use; 0 sets one for each processor.</summary>
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    public int Threads
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value == 0 ? Environment.ProcessorCount : value;
        }
    } = 1;

    internal AlignedBuffer Buffer => storage;

    /// <summary>Says that parameters or buffers were written to, so that predictions compute anew what they keep of them.</summary>
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    public void Changed() => Interlocked.Increment(ref version);

    /// <summary>For generated code: whether what a prediction keeps of the parameters is that of the parameters as they are.</summary>
    /// <param name="prediction">0: the ordinary one; 1: the one that keeps outputs; 2: a step; 3: a block of steps.</param>
    /// <param name="path">Which code runs.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public bool IsPrepared(int prediction, InstructionPath path) => prepared[prediction].IsCurrent(Volatile.Read(ref version), path);

    /// <summary>For generated code: what a prediction keeps of the parameters.</summary>
    /// <param name="prediction">Which one.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ref float Prepared(int prediction) => ref prepared[prediction].Buffer!.Reference;

    /// <summary>For generated code: begins to compute it; other threads that want it wait.</summary>
    /// <param name="prediction">Which one.</param>
    /// <param name="path">Which code runs.</param>
    /// <param name="length">Floats to keep.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public Preparation Prepare(int prediction, InstructionPath path, int length) =>
        prepared[prediction].Begin(Volatile.Read(ref version), path, length, $"{Description.Name}: what predictions keep of the parameters");

    internal AlignedBuffer? PreparedBuffer => prepared[0].Buffer;

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

    private ParameterCollection MakeParameters()
    {
        Parameter[] parameters = new Parameter[Description.Parameters.Length];
        for (int i = 0; i < parameters.Length; i++)
        {
            parameters[i] = new Parameter(Description.Parameters[i], storage, this);
        }

        return new ParameterCollection(parameters, Description.Name);
    }

    [SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "Initial weights are no secret.")]
    private static void Initialise(Parameter parameter, long seed)
    {
        ParameterDescription description = parameter.Tensor;
        if (description.Bound == 0 && description.Constant == 0 && description.Deviation == 0)
        {
            return;
        }

        float[] values = new float[description.Length];
        if (description.Deviation > 0)
        {
            Normal(values, new SplitMix64(SplitMix64.Key(seed, description.Name)), description.Deviation);
        }
        else if (description.Bound == 0)
        {
            Array.Fill(values, description.Constant);
        }
        else
        {
            SplitMix64 random = new(SplitMix64.Key(seed, description.Name));
            foreach (ref float value in values.AsSpan())
            {
                value = ((2 * random.NextFloat()) - 1) * description.Bound;
            }
        }

        parameter.CopyFrom(values);
    }

    /// <summary>Box and Muller's method: two uniform numbers give two normal ones.</summary>
    private static void Normal(Span<float> values, SplitMix64 random, float deviation)
    {
        for (int i = 0; i < values.Length; i += 2)
        {
            double radius = deviation * Math.Sqrt(-2 * Math.Log(1 - (double)random.NextFloat()));
            (double sin, double cos) = Math.SinCos(2 * Math.PI * random.NextFloat());
            values[i] = (float)(radius * cos);
            if (i + 1 < values.Length)
            {
                values[i + 1] = (float)(radius * sin);
            }
        }
    }
}
