using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Passes;

/// <summary>
/// A factor that is the same for all terms of a sum multiplies the sum instead: sum of f * g = f * sum of g. The sums that remain are often
/// sums that the program has anyway: in the gradient of a batch normalisation, those of its shift and of its mean are one.
/// </summary>
public static class FactorSums
{
    public static Program Run(Program program)
    {
        var writers = program.Writers();
        var copy = program.With([]);
        foreach (var nest in program.Nests)
        {
            if (nest.Kind != NestKind.Sum || nest.Part is not null || writers[nest.Output.Value.Id] > 1 || !nest.HasIdentityOutput || !Reduces(nest))
            {
                copy.Nests.Add(nest);
                continue;
            }

            var terms = new Factors(nest);
            terms.Add(nest.Body);
            if (!terms.Any || terms.Inside is not { } inside)
            {
                copy.Nests.Add(nest);
                continue;
            }

            var output = nest.Output;
            var sum = copy.NewLike(output.Value, nest.Name);
            copy.Nests.Add(new Nest(nest.Name, NestKind.Sum, nest.Indices, output.In(sum), inside) { Guards = nest.Guards, Owner = nest.Owner });
            var indices = nest.Indices.Where(i => output.Map.Any(m => m.Uses(i))).ToList();
            copy.Nests.Add(new Nest(nest.Name, NestKind.Store, indices, output, terms.Around(new ReadExpr(output.In(sum)))) { Owner = nest.Owner });
        }

        return copy;
    }

    private static bool Reduces(Nest nest) => nest.ReducesBatch || nest.ReductionIndices.Any(i => i.Extent > 1);

    /// <summary>The factors of a nest's body: those that all terms of a sum share, and the rest.</summary>
    private sealed class Factors(Nest nest)
    {
        private readonly HashSet<LoopIndex> _summed = [.. nest.ReductionIndices];
        private readonly List<(Expr Factor, bool Inverse)> _shared = [];
        private bool _negative;

        public bool Any => _negative || _shared.Count > 0;

        /// <summary>What remains to be summed; null: nothing.</summary>
        public Expr? Inside { get; private set; }

        public void Add(Expr e)
        {
            switch (e)
            {
                case UnaryExpr { Op: UnaryOp.Neg } n:
                    _negative = !_negative;
                    Add(n.X);
                    break;
                case BinaryExpr { Op: BinaryOp.Mul } m:
                    Add(m.A);
                    Add(m.B);
                    break;
                case BinaryExpr { Op: BinaryOp.Div } d when IsShared(d.B):
                    Add(d.A);
                    _shared.Add((d.B, true));
                    break;
                case { } shared when IsShared(shared):
                    _shared.Add((shared, false));
                    break;
                default:
                    Inside = Inside is null ? e : Inside * e;
                    break;
            }
        }

        public Expr Around(Expr sum)
        {
            foreach (var (factor, inverse) in _shared) sum = inverse ? sum / factor : sum * factor;
            return _negative ? -sum : sum;
        }

        private bool IsShared(Expr e) => e switch
        {
            ReadExpr r => !r.Access.Map.Any(m => m.Terms.Any(t => _summed.Contains(t.Index))) && !(nest.ReducesBatch && r.Access.Value.Batched),
            IndexExpr i => !i.Index.Terms.Any(t => _summed.Contains(t.Index)),
            RandomExpr => false,
            _ => e.Children.All(IsShared),
        };
    }
}
