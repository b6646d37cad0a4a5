using NetCompiler.Compiler.Graph;

namespace NetCompiler.Compiler.Primitives;

/// <summary>
/// A body that many nests have but for what they read: an expression of parameters. A nest that is made of one builds its own body only when
/// somebody asks for it, which in a deep network is seldom: most nests are like an earlier one, and need not be looked into to know that.
/// </summary>
/// <param name="template">Its <see cref="ParameterExpr"/>s are numbers of reads.</param>
internal sealed class BodyForm(Expr template)
{
    private readonly int[] _parameters = DistinctParameters(template);

    public Expr Template { get; } = template;

    /// <summary>Different operations in it.</summary>
    public int Operations { get; } = FlopCounter.Operations(template);

    public Expr With(Access[] reads)
    {
        var leaves = new Expr[reads.Length];
        for (var i = 0; i < reads.Length; i++) leaves[i] = new ReadExpr(reads[i]);
        return Template.Rewrite(e => e is ParameterExpr p ? leaves[p.Index] : null);
    }

    /// <summary>Of all these, those that the body reads, in order of first mention.</summary>
    public Access[] Distinct(Access[] reads)
    {
        var distinct = new Access[_parameters.Length];
        for (var i = 0; i < distinct.Length; i++) distinct[i] = reads[_parameters[i]];
        return distinct;
    }

    private static int[] DistinctParameters(Expr template)
    {
        var found = new List<int>();
        Visit(template);
        return [.. found.Distinct()];

        void Visit(Expr e)
        {
            if (e is ParameterExpr p) found.Add(p.Index);
            foreach (var child in e.Children) Visit(child);
        }
    }
}
