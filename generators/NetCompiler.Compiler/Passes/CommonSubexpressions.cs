using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Passes;

/// <summary>
/// Of nests that compute the same, whatever their indices are called, the first remains: later ones go, and their readers
/// read the first. A result (an output, a gradient) keeps its own nest.
/// </summary>
public static class CommonSubexpressions
{
    public static Program Run(Program program)
    {
        var writers = program.Writers();
        var results = program.Results();
        var same = new Dictionary<Value, Value>();
        var known = new Dictionary<int, List<Nest>>();
        var texts = new Dictionary<Nest, string>();
        string TextOf(Nest nest) => texts.TryGetValue(nest, out var text) ? text : texts[nest] = KeyOf(nest);
        var nests = new List<Nest>();
        foreach (var original in program.Nests)
        {
            var nest = original.Reads.Any(r => same.ContainsKey(r.Value))
                ? original.With(original.Body.Rewrite(e => e is ReadExpr r && same.TryGetValue(r.Access.Value, out var first) ? new ReadExpr(r.Access.In(first)) : null))
                : original;
            var output = nest.Output.Value;
            if (writers[output.Id] == 1 && output.StateOf is null && nest.Part is null)
            {
                // Few nests read the same values: most are told apart without looking at their bodies.
                var key = ((int)nest.Kind * 31) + output.Length;
                foreach (var read in nest.Reads) key = unchecked((key * 31) + read.Value.Id);
                if (!known.TryGetValue(key, out var alike)) known[key] = alike = [];
                if (alike.Count > 0 && TextOf(nest) is var text && alike.FirstOrDefault(n => TextOf(n) == text) is { } first)
                {
                    same[output] = first.Output.Value;
                    if (!results.Contains(output)) continue;
                }
                else
                {
                    alike.Add(nest);
                }
            }

            nests.Add(nest);
        }

        return program.With(nests);
    }

    /// <summary>All that a nest computes, with its indices numbered.</summary>
    private static string KeyOf(Nest nest)
    {
        var numbered = nest.Indices.Select((index, n) => (index, New: new LoopIndex("#" + n, index.Extent))).ToArray();
        var map = numbered.ToDictionary(p => p.index, p => Affine.Of(p.New));
        var renamed = nest.Over([.. numbered.Select(p => p.New)], map);
        var output = renamed.Output;
        return FormattableString.Invariant(
            $"{nest.Kind} {string.Join("x", output.Value.Shape)} {output.Value.Batched} {nest.Fill:R} | {string.Join("x", nest.Indices.Select(i => i.Extent))} | ")
            + $"{string.Join(" ", renamed.Guards)} | {output.Row} {string.Join(", ", output.Map)} = {renamed.Body}";
    }
}
