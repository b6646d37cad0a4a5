using System.Runtime.CompilerServices;
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
            node.Flops = !node.Rule.IsInput && byOwner.TryGetValue(node.Path, out var flops) ? flops : 0;
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
        var coefficients = new int[guards.Count][];
        for (var g = 0; g < coefficients.Length; g++) coefficients[g] = Array.ConvertAll(indices, guards[g].Expression.Coefficient);
        return Inside(
            Array.ConvertAll(indices, i => i.Extent), coefficients, [.. guards.Select(g => g.Expression.Constant)], [.. guards.Select(g => g.Upper)]);
    }

    /// <summary>Point by point: for each guard its value, which one index more or less changes by a coefficient.</summary>
    [MethodImpl(HotPath.Optimized)]
    private static long Inside(int[] extents, int[][] coefficients, int[] values, int[] uppers)
    {
        var at = new int[extents.Length];
        for (long inside = 0; ;)
        {
            var holds = true;
            for (var g = 0; g < values.Length; g++) holds &= (uint)values[g] < (uint)uppers[g];
            if (holds) inside++;

            var d = 0;
            for (; d < at.Length; d++)
            {
                var step = at[d] + 1 < extents[d] ? 1 : -at[d];
                at[d] += step;
                for (var g = 0; g < values.Length; g++) values[g] += step * coefficients[g][d];
                if (step == 1) break;
            }

            if (d == at.Length) return inside;
        }
    }

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
