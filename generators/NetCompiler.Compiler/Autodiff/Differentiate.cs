using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Autodiff;

/// <summary>
/// Reverse mode over nests: a program with a loss becomes the same program followed by the nests of its gradients. A rule
/// for each kind of nest says what a read contributes to the gradient of what it reads; the gradient of a read is a nest over the
/// same domain that puts its result where the read took its element from.
/// </summary>
public sealed partial class Differentiate
{
    private readonly Program _program;
    private readonly HashSet<Value> _active;
    private readonly Dictionary<Value, List<Contribution>> _contributions = [];
    private readonly Dictionary<Value, Contribution> _gradients = [];
    private readonly Dictionary<Nest, Value> _winners = [];
    private readonly Dictionary<(Nest Nest, Expr Slope), Value> _slopes = [];
    private string _owner = "";

    private Differentiate(Program program)
    {
        _program = program;
        _active = FindActive(program);
    }

    /// <summary>The program with the gradients of its loss by every parameter that it depends on, and by every input.</summary>
    public static Program Run(Program program)
    {
        if (program.Loss is not { } loss) throw new InvalidOperationException($"'{program.Name}' has no loss to differentiate.");
        if (program.ParameterGradients.Count > 0 || program.InputGradients.Count > 0)
            throw new InvalidOperationException($"'{program.Name}' has been differentiated already.");
        if (loss.Batched || loss.Length != 1)
            throw new InvalidOperationException($"The loss of '{program.Name}' must be one number for the whole minibatch, '{loss.Name}' is not.");

        return new Differentiate(program.With(program.Nests)).Run(loss);
    }

    private Program Run(Value loss)
    {
        var forward = _program.Nests.InRuns().ToArray();
        Contribute(loss, new Contribution { Constant = 1 });
        for (var n = forward.Length - 1; n >= 0; n--)
        {
            var nest = forward[n][0];
            _owner = nest.Owner;
            if (nest.CarriedChain() is not null) new ChainGradient(this, forward[n]).Run();
            else if (_active.Contains(nest.Output.Value) && nest.Reads.Any(r => _active.Contains(r.Value)) && HasGradient(nest.Kind)
                && Gradient(nest.Output.Value) is { IsZero: false } gradient)
                Reverse(nest, Share(nest, gradient.At(nest.Output.Map)));
        }

        foreach (var parameter in _program.Parameters.Where(p => p.Kind == ValueKind.Parameter))
            if (Gradient(parameter) is { IsZero: false }) _program.ParameterGradients[parameter] = Materialize(parameter);
        foreach (var input in _program.Inputs) _program.InputGradients.Add(Materialize(input));
        _program.Outputs.Clear(); // a training step gives none out but those that are shown: what the loss does not read (a view that it sees through) is dead
        return _program;
    }

    private void Reverse(Nest nest, Expr share)
    {
        foreach (var read in nest.Reads.Where(r => _active.Contains(r.Value)))
        {
            var derivative = WithSlopes(nest, ThroughOutput(nest, ExprDerivative.By(nest.Body, read)));
            if (!ExprDerivative.IsZero(derivative)) Contribute(read.Value, ContributionOf(nest, read, share * derivative));
        }
    }

    /// <summary>A slope that has most in common with its function is computed where the function is, and read.</summary>
    private Expr WithSlopes(Nest nest, Expr derivative)
    {
        if (nest.Kind != NestKind.Store || !nest.Output.Value.Batched || nest.Part is not null || nest.Guards.Count > 0 || !nest.HasIdentityOutput) return derivative;
        if (nest.Body is not UnaryExpr { Op: UnaryOp.Gelu } function) return derivative;
        return derivative.Rewrite(e => e is UnaryExpr { Op: UnaryOp.GeluSlope } slope && slope.X.Equals(function.X) ? ReadSlope(nest, slope) : null);
    }

    private ReadExpr ReadSlope(Nest nest, UnaryExpr slope)
    {
        if (!_slopes.TryGetValue((nest, slope), out var value))
        {
            var name = nest.Name + " slope";
            value = _slopes[(nest, slope)] = _program.NewValue(name, nest.Output.Value.Shape, batched: true);
            _program.Nests.Insert(_program.Nests.IndexOf(nest) + 1, new Nest(name, NestKind.Store, nest.Indices, nest.Output.In(value), slope) { Owner = nest.Owner });
        }

        return new ReadExpr(nest.Output.In(value));
    }

    /// <summary>What of the derivative is the nest's own result is read from there: the backward pass then needs one value less.</summary>
    private static Expr ThroughOutput(Nest nest, Expr derivative) =>
        nest.Kind == NestKind.Store && nest.Output.Value.Batched == nest.Reads.Any(r => r.Value.Batched) ? Through(nest.Output, nest.Body, derivative) : derivative;

    /// <summary>Where the result is one of two things, each is known where the same is asked.</summary>
    private static Expr Through(Access output, Expr body, Expr derivative)
    {
        if (body is ReadExpr or ConstExpr) return derivative;
        if (body is SelectExpr result && derivative is SelectExpr asked && asked.Condition.Equals(result.Condition))
            return Expr.Select(asked.Condition, Through(output, result.WhenTrue, asked.WhenTrue), Through(output, result.WhenFalse, asked.WhenFalse));
        return derivative.Rewrite(e => e.Equals(body) ? new ReadExpr(output) : null);
    }

    private Contribution ContributionOf(Nest nest, Access read, Expr body)
    {
        var target = read.Value;

        // A shared value takes part once for each sample: when nothing that varies with the sample is left, count them.
        var perSample = nest.ReducesBatch || nest.Output.Value.Batched;
        if (perSample && !target.Batched && !body.Reads().Any(r => r.Value.Batched)) body = TimesSamples(nest, body);

        var covers = nest.Guards.Count == 0 && read.IsBijection(nest.Indices) && (target.Batched || !perSample);
        if (covers && body is ConstExpr constant) return new() { Constant = constant.Value };
        if (covers && read.Map.All(m => m.IsConstant || m.SingleIndex is not null))
        {
            // Indices of one turn need not be in the place: they are 0.
            var single = nest.Indices.Where(i => i.Extent == 1).ToDictionary(i => i, _ => Affine.Zero);
            return new() { Place = read, Body = body.Substitute(single) };
        }

        if (!covers && nest.Guards.Count == 0 && target.Batched && GradientPart.Of(nest, read, body) is { } part) return new() { Part = part };
        var value = _program.NewLike(target, NameOf(target));
        _program.Nests.Add(new Nest(NameOf(target), covers ? NestKind.Store : NestKind.Sum, nest.Indices, read.In(value), body)
        {
            Guards = nest.Guards,
            Owner = nest.Owner,
        });
        return new() { Value = value };
    }

    private Expr TimesSamples(Nest nest, Expr body)
    {
        if (body.Has(e => e is RandomExpr)) throw new InvalidOperationException($"'{nest.Name}' applies random numbers to a value that all samples share, which has no gradient rule.");
        var inverse = _program.Values.FirstOrDefault(v => v.Kind == ValueKind.InverseBatch)
            ?? _program.NewValue("inverse_batch", [1], batched: false, ValueKind.InverseBatch);
        return body / ProgramBuilder.Read(inverse, 0);
    }

    private void Contribute(Value value, Contribution contribution)
    {
        if (!_contributions.TryGetValue(value, out var all)) _contributions[value] = all = [];
        all.Add(contribution);
    }

    /// <summary>The gradient of a value all of whose readers have been reversed.</summary>
    private Contribution Gradient(Value value)
    {
        if (_gradients.TryGetValue(value, out var known)) return known;
        if (!_contributions.TryGetValue(value, out var all)) return _gradients[value] = new();
        if (all.Any(c => c.Part is not null))
        {
            List<GradientPart> parts = [.. all.Select(c => c.Part).OfType<GradientPart>()];
            if (parts.Count == all.Count && GradientPart.Tile(parts, value)) return _gradients[value] = new() { Value = Assemble(value, parts) };
            all = [.. all.Select(c => c.Part is null ? c : new() { Value = Spread(value, c.Part) })];
        }

        if (all.Count == 1 && all[0].Body is null) return _gradients[value] = all[0];
        if (all.All(c => c.IsConstant)) return _gradients[value] = new() { Constant = all.Sum(c => c.Constant) };
        var indices = ProgramBuilder.IndicesOf(value.Shape);
        return _gradients[value] = new() { Value = Store(value, indices, all.Select(c => c.At(indices)).Aggregate((a, b) => a + b)) };
    }

    /// <summary>Each part is written where it belongs: no array of the whole size for each, with zeros around it, and no sum of them.</summary>
    private Value Assemble(Value of, List<GradientPart> parts)
    {
        var result = _program.NewLike(of, NameOf(of));
        foreach (var part in parts)
        {
            if (!part.IsSum)
            {
                Add(NestKind.Store, part.Indices, part.Place.In(result), part.Body, part.Owner);
                continue;
            }

            // Only Store nests may share a value.
            var sum = _program.NewValue(NameOf(of), part.Extents, of.Batched);
            Add(NestKind.Sum, part.Indices, part.Within(sum), part.Body, part.Owner);
            var indices = ProgramBuilder.IndicesOf(part.Extents);
            Add(NestKind.Store, indices, new Access(result, indices.Select((i, d) => i + part.First[d]).ToEquatableArray()), ProgramBuilder.Read(sum, indices), part.Owner);
        }

        return result;

        void Add(NestKind kind, IReadOnlyList<LoopIndex> indices, Access output, Expr body, string owner) =>
            _program.Nests.Add(new Nest(NameOf(of), kind, indices, output, body) { Owner = owner });
    }

    /// <summary>The part with zeros around it.</summary>
    private Value Spread(Value of, GradientPart part)
    {
        var value = _program.NewLike(of, NameOf(of));
        _program.Nests.Add(new Nest(NameOf(of), NestKind.Sum, part.Indices, part.Place.In(value), part.Body) { Owner = part.Owner });
        return value;
    }

    /// <summary>The gradient as an array, also where it is a constant.</summary>
    private Value Materialize(Value value)
    {
        var gradient = Gradient(value);
        return gradient.Value ?? Store(value, ProgramBuilder.IndicesOf(value.Shape), gradient.Constant);
    }

    private Value Store(Value of, LoopIndex[] indices, Expr body)
    {
        var result = _program.NewLike(of, NameOf(of));
        var at = new Access(result, indices.Select(Affine.Of).ToEquatableArray());
        _program.Nests.Add(new Nest(NameOf(of), NestKind.Store, indices, at, body) { Owner = _owner });
        return result;
    }

    private static bool HasGradient(NestKind kind) => kind != NestKind.ArgMax;

    /// <summary>How a point's share of the output's gradient reaches its body.</summary>
    private Expr Share(Nest nest, Expr gradient) => nest.Kind == NestKind.Max ? Expr.Select(Expr.Equal(new IndexExpr(nest.ReductionNumber), WinnerOf(nest)), gradient, 0) : gradient;

    /// <summary>Which point gave the maximum: one more nest, right after the one that it belongs to.</summary>
    private ReadExpr WinnerOf(Nest nest)
    {
        if (!_winners.TryGetValue(nest, out var winner))
        {
            if (nest.ReducesBatch) throw new InvalidOperationException($"'{nest.Name}' is a maximum over samples, which has no gradient rule.");
            var name = nest.Name + " winner";
            winner = _winners[nest] = _program.NewValue(name, nest.Output.Value.Shape, nest.Output.Value.Batched);
            _program.Nests.Insert(
                _program.Nests.IndexOf(nest) + 1,
                new Nest(name, NestKind.ArgMax, nest.Indices, new Access(winner, nest.Output.Map), nest.Body) { Guards = nest.Guards, Owner = nest.Owner });
        }

        return new ReadExpr(new Access(winner, nest.Output.Map));
    }

    private static string NameOf(Value value) => "gradient of " + value.Name;

    /// <summary>Values whose gradient is wanted or on the way to one: they depend on a parameter or input, and the loss depends on them.</summary>
    private static HashSet<Value> FindActive(Program program)
    {
        var varied = new HashSet<Value>(program.Parameters.Where(p => p.Kind == ValueKind.Parameter).Concat(program.Inputs.Where(i => !i.IsInteger)));
        foreach (var run in program.Nests.InRuns())
        {
            // In a carried chain an earlier nest may read what a later one wrote a step ago.
            bool more;
            do
            {
                more = false;
                foreach (var nest in run)
                    if (HasGradient(nest.Kind) && nest.Reads.Any(r => varied.Contains(r.Value)) && varied.Add(nest.Output.Value)) more = run.Count > 1;
            }
            while (more);
        }

        var useful = new HashSet<Value> { program.Loss! };
        program.Nests.Unwanted(useful);
        varied.IntersectWith(useful);
        return varied;
    }
}
