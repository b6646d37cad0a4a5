using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Passes;

/// <summary>
/// What never falls where its input grows is computed of the largest element, not of all elements: max(f(x)) = f(max(x)). So the bias and the activation
/// between a convolution and a pooling are computed after the pooling, of fewer elements, and the pooling reads the convolution's own sums. Where the function is flat, elements that it
/// makes equal have the gradient 0, whichever of them is taken for the largest.
/// </summary>
public static class LargestFirst
{
    public static Program Run(Program program)
    {
        if (!program.Nests.Any(IsLargest)) return program;
        var copy = program.With(program.Nests);
        var results = program.Results();
        for (var at = 0; at < copy.Nests.Count; at++)
            while (IsLargest(copy.Nests[at]) && Swap(copy, results, copy.Nests[at])) at--;
        return copy;
    }

    /// <summary>The largest of what another nest has written, as it is.</summary>
    private static bool IsLargest(Nest nest) => nest is { Kind: NestKind.Max, Part: null, HasRows: false, HasIdentityOutput: true, Body: ReadExpr };

    /// <summary>Instead of a function's nest and the largest of its results: the largest of what it reads, then the function of that.</summary>
    private static bool Swap(Program program, HashSet<Value> results, Nest largest)
    {
        var read = ((ReadExpr)largest.Body).Access;
        if (results.Contains(read.Value) || !IsWrittenOnce(program, largest.Output.Value)) return false;
        if (program.Nests.FirstOrDefault(n => n.Output.Value == read.Value) is not { Kind: NestKind.Store, Part: null, HasRows: false, HasIdentityOutput: true, Guards.Count: 0 } function) return false;
        if (!IsWrittenOnce(program, read.Value) || program.Nests.Any(n => n != largest && n.Reads.Any(r => r.Value == read.Value))) return false;

        // Where each element of the result comes from: along what the largest is taken over, there is no such place.
        var places = new Dictionary<LoopIndex, Affine>();
        for (var d = 0; d < read.Map.Count; d++)
            if (function.Output.Map[d].SingleIndex is { } index && read.Map[d].SingleIndex is { } place && largest.Output.Uses(place)) places[index] = place;
        if (Grows(function.Body, function.Output, places) is not { } input) return false;

        var first = program.NewLike(largest.Output.Value, largest.Name);
        var inside = largest.With(new ReadExpr(read.In(input.Value)), output: largest.Output.In(first));
        var outside = new Nest(
            function.Name, NestKind.Store, [.. largest.Indices.Where(largest.Output.Uses)], largest.Output,
            function.Body.Rewrite(e => e is ReadExpr r && r.Access.Equals(input) ? new ReadExpr(largest.Output.In(first)) : null).Substitute(places)) { Owner = function.Owner };
        var at = program.Nests.IndexOf(largest);
        program.Nests[at] = inside;
        program.Nests.Insert(at + 1, outside);
        program.Nests.Remove(function);
        return true;
    }

    private static bool IsWrittenOnce(Program program, Value value) => value.StateOf is null && program.Nests.Count(n => n.Output.Value == value) == 1;

    /// <summary>
    /// The element that a body's value never falls with, where all else in it is the same for all elements that the largest is taken of.
    /// </summary>
    private static Access? Grows(Expr body, Access output, Dictionary<LoopIndex, Affine> places)
    {
        switch (body)
        {
            case ReadExpr { Access: var read } when read.Value.Batched && read.Value.StateOf is null && read.Map.Equals(output.Map) && read.Value.Shape.SequenceEqual(output.Value.Shape):
                return read;
            case UnaryExpr { Op: UnaryOp.Tanh or UnaryOp.Sigmoid or UnaryOp.Exp } u:
                return Grows(u.X, output, places);
            case BinaryExpr { Op: BinaryOp.Sub } b when IsSame(b.B):
                return Grows(b.A, output, places);
            case BinaryExpr { Op: BinaryOp.Add or BinaryOp.Max or BinaryOp.Min } b when IsSame(b.B):
                return Grows(b.A, output, places);
            case BinaryExpr { Op: BinaryOp.Add or BinaryOp.Max or BinaryOp.Min } b when IsSame(b.A):
                return Grows(b.B, output, places);
            default:
                return null;
        }

        bool IsSame(Expr e) => e switch
        {
            ConstExpr => true,
            ReadExpr { Access: { Row: null } read } => read.Map.All(m => m.Terms.All(t => places.ContainsKey(t.Index))),
            _ => false,
        };
    }
}
