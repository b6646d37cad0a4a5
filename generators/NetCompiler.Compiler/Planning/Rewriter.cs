using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>Small rewrites of nests that several planning passes share.</summary>
internal static class Rewriter
{
    /// <summary>The nest with reads of one value replaced by reads of another of the same shape.</summary>
    public static Nest ReplaceRead(Nest nest, Value from, Value to)
    {
        // Asked of every nest for every value that is replaced: most do not read it.
        foreach (var read in nest.Reads)
            if (ReferenceEquals(read.Value, from)) return Replaced(nest, from, to);
        return nest;
    }

    private static Nest Replaced(Nest nest, Value from, Value to) =>
        nest.With(nest.Body.Rewrite(e => e is ReadExpr r && ReferenceEquals(r.Access.Value, from) ? new ReadExpr(r.Access.In(to)) : null));

    public static Nest WithOutput(Nest nest, Value output) => nest.With(output: nest.Output.In(output));

    /// <summary>A plain copy of a value.</summary>
    public static Nest Copy(string name, Value from, Value to)
    {
        var indices = ProgramBuilder.IndicesOf(from.Shape);
        var map = indices.Select(Affine.Of).ToEquatableArray();
        return new Nest(name, NestKind.Store, indices, new Access(to, map), new ReadExpr(new Access(from, map)));
    }
}
