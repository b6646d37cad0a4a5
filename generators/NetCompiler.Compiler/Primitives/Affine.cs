using System.Runtime.CompilerServices;
using System.Text;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Compiler.Primitives;

/// <summary>A loop index of a nest: a name for people, and how far it runs (from 0, exclusive).</summary>
public sealed class LoopIndex(string name, int extent)
{
    private static int s_count;

    // Indices are keys of most maps here: the runtime's own hash of an object takes far longer than reading a field.
    private readonly int _hash = unchecked(++s_count * 0x61c88647);

    private Affine? _alone;

    public string Name { get; } = name;

    public int Extent { get; } = extent;

    /// <summary>
    /// It goes through the places of a sequence that is taken so many rows at a time: those after the last one taken may be left out, since whatever is read there counts for nothing. 0: all
    /// its values count.
    /// </summary>
    public int TakenRows { get; init; }

    /// <summary>Just this index.</summary>
    internal Affine Alone => _alone ??= Affine.Once(this);

    public override int GetHashCode() => _hash;

    public override string ToString() => Name;

    public static implicit operator Affine(LoopIndex index) => Affine.Of(index);

    public static Affine operator +(LoopIndex a, Affine b) => Affine.Of(a) + b;

    public static Affine operator -(LoopIndex a, Affine b) => Affine.Of(a) - b;

    public static Affine operator *(LoopIndex a, int factor) => Affine.Of(a) * factor;
}

/// <summary>
/// constant + sum of coefficient * index. Immutable; terms are in order of first mention, without zeros. There are hundreds of thousands
/// of them in a deep network: sums are plain loops over arrays.
/// </summary>
public sealed class Affine : IEquatable<Affine>
{
    private static readonly (LoopIndex Index, int Coefficient)[] s_none = [];

    private readonly (LoopIndex Index, int Coefficient)[] _terms;
    private int _hash;

    private Affine(int constant, (LoopIndex Index, int Coefficient)[] terms)
    {
        Constant = constant;
        _terms = terms;
    }

    public static Affine Zero { get; } = new(0, s_none);

    public int Constant { get; }

    public EquatableArray<(LoopIndex Index, int Coefficient)> Terms => new(_terms);

    public bool IsConstant => _terms.Length == 0;

    /// <summary>The index, when this is just one index with coefficient 1 and no constant.</summary>
    public LoopIndex? SingleIndex => Constant == 0 && _terms.Length == 1 && _terms[0].Coefficient == 1 ? _terms[0].Index : null;

    /// <summary>The smallest value over the box of its indices.</summary>
    public int Minimum
    {
        [MethodImpl(HotPath.Optimized)]
        get
        {
            var sum = 0;
            foreach (var (index, coefficient) in _terms)
            {
                var step = coefficient * (index.Extent - 1);
                if (coefficient < 0) sum = checked(sum + step);
            }

            return Constant + sum;
        }
    }

    /// <summary>The largest value over the box of its indices.</summary>
    public int Maximum
    {
        [MethodImpl(HotPath.Optimized)]
        get
        {
            var sum = 0;
            foreach (var (index, coefficient) in _terms)
            {
                var step = coefficient * (index.Extent - 1);
                if (coefficient > 0) sum = checked(sum + step);
            }

            return Constant + sum;
        }
    }

    public static Affine Of(LoopIndex index) => index.Alone;

    internal static Affine Once(LoopIndex index) => new(0, [(index, 1)]);

    /// <summary>The points of a box.</summary>
    [MethodImpl(HotPath.Optimized)]
    public static long Points(IReadOnlyList<LoopIndex> box)
    {
        var points = 1L;
        for (var i = 0; i < box.Count; i++) points *= box[i].Extent;
        return points;
    }

    /// <summary>The terms from the smallest step to the largest, of equal ones in order of their extents.</summary>
    internal (LoopIndex Index, int Coefficient)[] TermsBySize()
    {
        if (_terms.Length < 2) return _terms;
        var terms = new (LoopIndex Index, int Coefficient)[_terms.Length];
        for (var t = 0; t < terms.Length; t++)
        {
            var at = t;
            for (; at > 0 && IsLarger(terms[at - 1], _terms[t]); at--) terms[at] = terms[at - 1];
            terms[at] = _terms[t];
        }

        return terms;
    }

    private static bool IsLarger((LoopIndex Index, int Coefficient) a, (LoopIndex Index, int Coefficient) b) =>
        Math.Abs(a.Coefficient) != Math.Abs(b.Coefficient) ? Math.Abs(a.Coefficient) > Math.Abs(b.Coefficient) : a.Index.Extent > b.Index.Extent;

    public static implicit operator Affine(int constant) => constant == 0 ? Zero : new(constant, s_none);

    [MethodImpl(HotPath.Optimized)]
    public int Coefficient(LoopIndex index)
    {
        foreach (var term in _terms)
            if (ReferenceEquals(term.Index, index)) return term.Coefficient;
        return 0;
    }

    public bool Uses(LoopIndex index) => Coefficient(index) != 0;

    public static Affine operator +(Affine a, Affine b) => a.Plus(b, 1);

    public static Affine operator -(Affine a, Affine b) => a.Plus(b, -1);

    public static Affine operator *(Affine a, int factor) => factor == 1 ? a : Zero.Plus(a, factor);

    /// <summary>This + factor * other.</summary>
    [MethodImpl(HotPath.Optimized)]
    public Affine Plus(Affine other, int factor)
    {
        var (mine, others) = (_terms, other._terms);
        var constant = Constant + (other.Constant * factor);
        if (factor == 0 || others.Length == 0) return constant == Constant ? this : new(constant, mine);
        if (factor == 1 && mine.Length == 0) return constant == other.Constant ? other : new(constant, others);

        var terms = new (LoopIndex Index, int Coefficient)[mine.Length + others.Length];
        for (var t = 0; t < mine.Length; t++) terms[t] = mine[t];
        var (count, zeros) = (mine.Length, 0);
        foreach (var (index, coefficient) in others)
        {
            var at = 0;
            while (at < mine.Length && !ReferenceEquals(mine[at].Index, index)) at++;
            if (at == mine.Length) terms[count++] = (index, coefficient * factor);
            else if ((terms[at].Coefficient += coefficient * factor) == 0) zeros++;
        }

        if (count - zeros == terms.Length) return new(constant, terms);
        var left = new (LoopIndex Index, int Coefficient)[count - zeros];
        var next = 0;
        for (var t = 0; t < count; t++)
            if (terms[t].Coefficient != 0) left[next++] = terms[t];
        return new(constant, left);
    }

    /// <summary>constant + sum of factor * part, as adding one after the other gives it, without what comes between.</summary>
    [MethodImpl(HotPath.Optimized)]
    internal static Affine Sum(int constant, EquatableArray<Affine> parts, int[] factors)
    {
        var most = 0;
        for (var p = 0; p < parts.Count; p++) most += parts[p]._terms.Length;
        var terms = new (LoopIndex Index, int Coefficient)[most];
        var (sum, count) = (constant, 0);
        for (var p = 0; p < parts.Count; p++)
        {
            var factor = factors[p];
            sum += parts[p].Constant * factor;
            if (factor == 0) continue;
            foreach (var (index, coefficient) in parts[p]._terms)
            {
                var at = 0;
                while (at < count && !ReferenceEquals(terms[at].Index, index)) at++;
                if (at == count) terms[count++] = (index, coefficient * factor);
                else if ((terms[at].Coefficient += coefficient * factor) == 0) return OneByOne(constant, parts, factors); // it would be gone, and come last if it came again
            }
        }

        if (count < most) Array.Resize(ref terms, count);
        return count == 0 ? (Affine)sum : new Affine(sum, terms);
    }

    private static Affine OneByOne(int constant, EquatableArray<Affine> parts, int[] factors)
    {
        Affine sum = constant;
        for (var p = 0; p < parts.Count; p++) sum = sum.Plus(parts[p], factors[p]);
        return sum;
    }

    /// <summary>Replaces indices by affine expressions of others; those that the map does not name stay.</summary>
    [MethodImpl(HotPath.Optimized)]
    public Affine Substitute(IReadOnlyDictionary<LoopIndex, Affine> map)
    {
        var first = 0;
        while (first < _terms.Length && !map.ContainsKey(_terms[first].Index)) first++;
        if (first == _terms.Length) return this;
        Affine result = Constant;
        foreach (var (index, coefficient) in _terms)
            result = result.Plus(map.TryGetValue(index, out var replacement) ? replacement : Of(index), coefficient);
        return result;
    }

    [MethodImpl(HotPath.Optimized)]
    public bool Equals(Affine? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is null || Constant != other.Constant || _terms.Length != other._terms.Length) return false;
        foreach (var (index, coefficient) in _terms)
            if (other.Coefficient(index) != coefficient) return false;
        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as Affine);

    public override int GetHashCode() => _hash != 0 ? _hash : _hash = Hash();

    [MethodImpl(HotPath.Optimized)]
    private int Hash()
    {
        var hash = Constant;
        foreach (var (index, coefficient) in _terms) hash ^= unchecked(index.GetHashCode() * 31 * coefficient);
        return hash;
    }

    public override string ToString()
    {
        if (IsConstant) return Constant.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var text = new StringBuilder();
        foreach (var (index, coefficient) in Terms)
        {
            text.Append(coefficient < 0 ? text.Length > 0 ? " - " : "-" : text.Length > 0 ? " + " : "");
            if (Math.Abs(coefficient) != 1) text.Append(Math.Abs(coefficient)).Append('*');
            text.Append(index.Name);
        }

        if (Constant != 0) text.Append(Constant < 0 ? " - " : " + ").Append(Math.Abs(Constant));
        return text.ToString();
    }
}
