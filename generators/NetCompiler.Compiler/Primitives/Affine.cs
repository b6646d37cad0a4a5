using System.Text;

namespace NetCompiler.Compiler.Primitives;

/// <summary>A loop index of a nest: a name for people, and how far it runs (from 0, exclusive).</summary>
public sealed class LoopIndex(string name, int extent)
{
    public string Name { get; } = name;

    public int Extent { get; } = extent;

    public override string ToString() => Name;

    public static implicit operator Affine(LoopIndex index) => Affine.Of(index);

    public static Affine operator +(LoopIndex a, Affine b) => Affine.Of(a) + b;

    public static Affine operator -(LoopIndex a, Affine b) => Affine.Of(a) - b;

    public static Affine operator *(LoopIndex a, int factor) => Affine.Of(a) * factor;
}

/// <summary>constant + sum of coefficient * index. Immutable; terms are in order of first mention, without zeros.</summary>
public sealed class Affine : IEquatable<Affine>
{
    private Affine(int constant, (LoopIndex Index, int Coefficient)[] terms)
    {
        Constant = constant;
        Terms = terms;
    }

    public static Affine Zero { get; } = new(0, []);

    public int Constant { get; }

    public IReadOnlyList<(LoopIndex Index, int Coefficient)> Terms { get; }

    public bool IsConstant => Terms.Count == 0;

    /// <summary>The index, when this is just one index with coefficient 1 and no constant.</summary>
    public LoopIndex? SingleIndex => Constant == 0 && Terms.Count == 1 && Terms[0].Coefficient == 1 ? Terms[0].Index : null;

    /// <summary>The smallest value over the box of its indices.</summary>
    public int Minimum => Constant + Terms.Sum(t => t.Coefficient < 0 ? t.Coefficient * (t.Index.Extent - 1) : 0);

    /// <summary>The largest value over the box of its indices.</summary>
    public int Maximum => Constant + Terms.Sum(t => t.Coefficient > 0 ? t.Coefficient * (t.Index.Extent - 1) : 0);

    public static Affine Of(LoopIndex index) => new(0, [(index, 1)]);

    public static implicit operator Affine(int constant) => constant == 0 ? Zero : new(constant, []);

    public int Coefficient(LoopIndex index)
    {
        foreach (var term in Terms)
            if (ReferenceEquals(term.Index, index)) return term.Coefficient;
        return 0;
    }

    public bool Uses(LoopIndex index) => Coefficient(index) != 0;

    public static Affine operator +(Affine a, Affine b)
    {
        if (b.IsConstant && b.Constant == 0) return a;
        var terms = a.Terms.ToList();
        foreach (var (index, coefficient) in b.Terms)
        {
            var at = terms.FindIndex(t => ReferenceEquals(t.Index, index));
            if (at < 0) terms.Add((index, coefficient));
            else terms[at] = (index, terms[at].Coefficient + coefficient);
        }

        terms.RemoveAll(t => t.Coefficient == 0);
        return new(a.Constant + b.Constant, [.. terms]);
    }

    public static Affine operator -(Affine a, Affine b) => a + (b * -1);

    public static Affine operator *(Affine a, int factor) =>
        factor == 0 ? Zero : factor == 1 ? a : new(a.Constant * factor, [.. a.Terms.Select(t => (t.Index, t.Coefficient * factor))]);

    /// <summary>Replaces indices by affine expressions of others; those that the map does not name stay.</summary>
    public Affine Substitute(IReadOnlyDictionary<LoopIndex, Affine> map)
    {
        Affine result = Constant;
        foreach (var (index, coefficient) in Terms)
            result += (map.TryGetValue(index, out var replacement) ? replacement : Of(index)) * coefficient;
        return result;
    }

    public bool Equals(Affine? other) =>
        other is not null && Constant == other.Constant && Terms.Count == other.Terms.Count
        && Terms.All(t => other.Coefficient(t.Index) == t.Coefficient);

    public override bool Equals(object? obj) => Equals(obj as Affine);

    public override int GetHashCode()
    {
        var hash = Constant;
        foreach (var (index, coefficient) in Terms) hash ^= unchecked(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(index) * 31 * coefficient);
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
