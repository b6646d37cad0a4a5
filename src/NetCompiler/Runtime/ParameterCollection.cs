using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace NetCompiler;

/// <summary>Tensors in order of declaration, also found by name.</summary>
/// <typeparam name="T">What is in the collection.</typeparam>
public abstract class NamedTensorCollection<T> : IReadOnlyList<T>
    where T : NamedTensor
{
    private readonly T[] items;
    private readonly string owner;
    private Dictionary<string, T>? byName;

    private protected NamedTensorCollection(T[] items, string owner)
    {
        this.items = items;
        this.owner = owner;
    }

    /// <inheritdoc/>
    public int Count => items.Length;

    /// <inheritdoc/>
    public T this[int index] => items[index];

    /// <summary>The tensor of that name.</summary>
    /// <param name="name">PyTorch's name: <c>Stem.0.weight</c>.</param>
    /// <exception cref="KeyNotFoundException">There is none; the message has names that are near.</exception>
    public T this[string name] => ByName.TryGetValue(name, out T? found) ? found : throw new KeyNotFoundException(
        $"{owner} has no '{name}'. {NearNames.Suggest(name, items.Select(i => i.Name))}");

    /// <summary>Whether there is a tensor of that name.</summary>
    /// <param name="name">PyTorch's name.</param>
    public bool Contains(string name) => ByName.ContainsKey(name);

    /// <summary>Finds a tensor by name.</summary>
    /// <param name="name">PyTorch's name.</param>
    /// <param name="tensor">The tensor, if there is one of that name.</param>
    public bool TryGet(string name, [MaybeNullWhen(false)] out T tensor) => ByName.TryGetValue(name, out tensor);

    /// <summary>Made when a name is first asked for, which most programs that only predict never do. Two threads may make it at once; either will do.</summary>
    private Dictionary<string, T> ByName => byName ??= items.ToDictionary(i => i.Name, StringComparer.Ordinal);

    /// <summary>Goes through the tensors without allocating.</summary>
    public Enumerator GetEnumerator() => new(items);

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => items.GetEnumerator();

    /// <summary>Goes through the tensors of a collection.</summary>
    [SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Never compared.")]
    public struct Enumerator
    {
        private readonly T[] items;
        private int index;

        internal Enumerator(T[] items)
        {
            this.items = items;
            index = -1;
        }

        /// <summary>The tensor at hand.</summary>
        public readonly T Current => items[index];

        /// <summary>Goes to the next tensor.</summary>
        public bool MoveNext() => ++index < items.Length;
    }
}

/// <summary>The parameters and buffers of a network or of one of its layers.</summary>
public sealed class ParameterCollection : NamedTensorCollection<Parameter>
{
    internal ParameterCollection(Parameter[] items, string owner)
        : base(items, owner)
    {
    }
}

/// <summary>The gradients of a network's learned parameters.</summary>
public sealed class GradientCollection : NamedTensorCollection<Gradient>
{
    internal GradientCollection(Gradient[] items, string owner)
        : base(items, owner)
    {
    }
}
