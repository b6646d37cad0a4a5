using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Graph;

/// <summary>
/// Counts arithmetic from the primitives: at each point of a nest's domain the operations of its body, and one more where
/// points are added up or compared; so a multiply-add counts 2. Copies count nothing.
/// </summary>
public static class FlopCounter
{
    /// <summary>Gives each layer the operations of the nests that it owns, for one sample.</summary>
    public static void Assign(NetworkGraph graph, Program program)
    {
        var byOwner = program.Nests.GroupBy(n => n.Owner, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(Count), StringComparer.Ordinal);
        foreach (var node in graph.Nodes)
            node.Flops = node.Rule.InputCount != 0 && byOwner.TryGetValue(node.Path, out var flops) ? flops : 0;
    }

    public static long Count(Nest nest) => Points(nest) * (Operations(nest.Body) + (nest.Kind == NestKind.Store ? 0 : 1));

    /// <summary>The points of the box that no guard excludes.</summary>
    public static long Points(Nest nest)
    {
        if (nest.Guards.Count == 0) return Affine.Points(nest.Indices);

        // Guards that share an index hold or fail together; each such group is counted by itself, over its own indices.
        var groups = new List<(HashSet<LoopIndex> Indices, List<Guard> Guards)>();
        foreach (var guard in nest.Guards)
        {
            HashSet<LoopIndex> indices = [.. guard.Expression.Terms.Select(t => t.Index)];
            List<Guard> guards = [guard];
            foreach (var group in groups.Where(g => g.Indices.Overlaps(indices)).ToList())
            {
                indices.UnionWith(group.Indices);
                guards.AddRange(group.Guards);
                groups.Remove(group);
            }

            groups.Add((indices, guards));
        }

        var free = nest.Indices.Where(i => !groups.Any(g => g.Indices.Contains(i)));
        return groups.Aggregate(free.Aggregate(1L, (n, i) => n * i.Extent), (n, g) => n * Inside([.. g.Indices], g.Guards));
    }

    private static long Inside(LoopIndex[] indices, List<Guard> guards)
    {
        var at = indices.ToDictionary(i => i, _ => 0);
        long inside = 0;
        while (true)
        {
            if (guards.All(g => Value(g.Expression, at) is var v && v >= 0 && v < g.Upper)) inside++;
            var d = 0;
            while (d < indices.Length && ++at[indices[d]] == indices[d].Extent) at[indices[d++]] = 0;
            if (d == indices.Length) return inside;
        }
    }

    private static int Value(Affine expression, Dictionary<LoopIndex, int> at) =>
        expression.Constant + expression.Terms.Sum(t => t.Coefficient * at[t.Index]);

    /// <summary>Of the nest that is counted: one set for all of a thread, since there are thousands of nests.</summary>
    [ThreadStatic]
    private static HashSet<Expr>? s_seen;

    /// <summary>Distinct parts only: what an expression mentions twice is computed once.</summary>
    private static int Operations(Expr body)
    {
        var seen = s_seen ??= [];
        seen.Clear();
        var count = 0;
        Visit(body);
        return count;

        void Visit(Expr e)
        {
            switch (e)
            {
                case UnaryExpr u when seen.Add(u):
                    count++;
                    Visit(u.X);
                    break;
                case BinaryExpr b when seen.Add(b):
                    count++;
                    Visit(b.A);
                    Visit(b.B);
                    break;
                case SelectExpr s when seen.Add(s):
                    count++;
                    Visit(s.Condition);
                    Visit(s.WhenTrue);
                    Visit(s.WhenFalse);
                    break;
                case StopGradientExpr s:
                    Visit(s.X);
                    break;
            }
        }
    }
}
