using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Autodiff;

public sealed partial class Differentiate
{
    /// <summary>
    /// The gradient of a carried chain is a carried chain that goes through the strips the other way. In each strip the nests are reversed from the last
    /// to the first. What a nest read in its own strip gets its gradient there; what it read of earlier strips gets it in a row of an array from which
    /// that strip, which comes later, takes it. So each element is written once, and nothing is added up in memory. Sums that concern
    /// all strips, such as the gradients of weights, are nests of their own after the chain.
    /// </summary>
    private sealed class ChainGradient
    {
        /// <summary>A part of the gradient of a value: <paramref name="Body"/> at <paramref name="Place"/>, for each point of the indices.</summary>
        private sealed record Term(Access Place, IReadOnlyList<LoopIndex> Indices, Expr Body)
        {
            /// <summary>Where it begins and ends along the last dimension; of the others it covers all.</summary>
            public int From => Place.Map.Count == 1 ? 0 : Last.Constant;

            public int To => Place.Map.Count == 1 || Last.IsConstant ? From + 1 : From + Last.Terms[0].Index.Extent;

            private Affine Last => Place.Map[Place.Map.Count - 1];
        }

        private readonly Differentiate _whole;
        private readonly IReadOnlyList<Nest> _nests;
        private readonly Chain _chain;
        private readonly (Chain, int) _part;
        private readonly int _strips;

        /// <summary>What the chain writes, with the row of the first strip.</summary>
        private readonly Dictionary<Value, int> _rows = [];

        /// <summary>The gradients of these values that come from after the chain.</summary>
        private readonly Dictionary<Value, Contribution> _outside = [];

        /// <summary>Of values that the chain writes: what comes from the same strip.</summary>
        private readonly Dictionary<Value, List<Term>> _inside = [];

        /// <summary>What a value gets at the rows that the strips read, beginning with that of the first strip, when it is not of the same strip.</summary>
        private readonly Dictionary<(Value Value, int Row), List<Term>> _elsewhere = [];

        /// <summary>The arrays of these, of values that the chain writes.</summary>
        private readonly Dictionary<(Value Value, int Row), Value> _carried = [];

        private readonly Dictionary<Value, Func<Access, Expr>?> _totals = [];
        private readonly List<Nest> _reversed = [];
        private readonly List<Action> _after = [];

        public ChainGradient(Differentiate whole, IReadOnlyList<Nest> nests)
        {
            _whole = whole;
            _nests = nests;
            _chain = nests[0].CarriedChain()!;
            _part = (new Chain(_chain.Order == ChainOrder.Ascending ? ChainOrder.Descending : ChainOrder.Ascending), 0);
            _strips = nests[0].Indices[0].Extent;
            foreach (var nest in nests) _rows[nest.Output.Value] = nest.FirstRow();
        }

        public void Run()
        {
            foreach (var value in _rows.Keys.Where(_whole._active.Contains).OrderBy(v => v.Id))
            {
                _outside[value] = _whole.Gradient(value);
                _whole._gradients.Remove(value);
                _whole._contributions.Remove(value);
            }

            foreach (var nest in _nests)
                foreach (var read in nest.Reads.Where(r => _rows.ContainsKey(r.Value) && _whole._active.Contains(r.Value)))
                    if (LagOf(read) > 0 && _whole._active.Contains(nest.Output.Value)) Carry(read);

            foreach (var nest in _nests.Reverse())
                if (_whole._active.Contains(nest.Output.Value) && TotalOf(nest.Output.Value) is { } total) Reverse(nest, total(nest.Output));

            foreach (var (place, terms) in _elsewhere.Select(p => (p.Key, p.Value))) Deliver(place.Value, place.Row, terms);
            foreach (var place in _carried.Keys.Where(p => !_elsewhere.ContainsKey(p))) Write(place.Value, _carried[place], place.Row, []);
            _whole._program.Nests.AddRange(_reversed);
            foreach (var (value, outside) in _outside.Select(p => (p.Key, p.Value)))
            {
                // For what wrote the rows before the first strip.
                if (!outside.IsZero) _whole.Contribute(value, outside);
                foreach (var (place, array) in _carried.Select(p => (p.Key, p.Value)))
                    if (place.Value == value) _whole.Contribute(value, new() { Value = array });
            }

            foreach (var action in _after) action();
        }

        private int LagOf(Access read) => _chain.Lag(_rows[read.Value], read.Map[0].Constant);

        /// <summary>An array for what later strips give to this value, zeros where no strip does.</summary>
        private void Carry(Access read)
        {
            var row = read.Map[0].Constant;
            if (_carried.ContainsKey((read.Value, row))) return;
            var array = _whole._program.NewValue(NameOf(read.Value), read.Value.Shape, batched: true);
            _carried[(read.Value, row)] = array;
            ClearRows(array, row);
        }

        /// <summary>Zeros in the rows before the chain that the strips, which write <paramref name="row"/> and on, do not reach.</summary>
        private void ClearRows(Value array, int row)
        {
            foreach (var (from, to) in new[] { (0, row), (row + _strips, array.Shape[0]) })
            {
                if (from == to) continue;
                var indices = ProgramBuilder.IndicesOf([to - from, .. array.Shape.Skip(1)]);
                var place = new Access(array, new[] { indices[0] + (Affine)from }.Concat(indices.Skip(1).Select(Affine.Of)).ToEquatableArray());
                _whole._program.Nests.Add(new Nest(array.Name, NestKind.Store, indices, place, 0.0) { Owner = _whole._owner });
            }
        }

        /// <summary>The gradient of a value of the chain, by the place in the value; null where there is none. Its nests are written when it is first asked for.</summary>
        private Func<Access, Expr>? TotalOf(Value value)
        {
            if (_totals.TryGetValue(value, out var known)) return known;
            var row = _rows[value];
            var arrays = new List<Contribution>();
            if (!_outside[value].IsZero) arrays.Add(_outside[value]);
            arrays.AddRange(_carried.Where(c => c.Key.Value == value).Select(c => new Contribution { Value = c.Value }));
            var terms = _inside.TryGetValue(value, out var inside) ? inside : [];
            if (arrays.Count + terms.Count == 0) return _totals[value] = null;
            if (terms.Count == 0 && arrays.Count == 1) return _totals[value] = place => arrays[0].At([.. place.Map]);
            if (arrays.Count == 0 && Alias(terms, value, row) is { } alias) return _totals[value] = alias;

            var total = _whole._program.NewValue(NameOf(value), [_strips, .. value.Shape.Skip(1)], batched: true);
            Write(value, total, row, terms, arrays);
            return _totals[value] = place => ProgramBuilder.Read(total, [place.Map[0] - row, .. place.Map.Skip(1)]);
        }

        /// <summary>The only part is another array of the same places: no copy is needed.</summary>
        private static Func<Access, Expr>? Alias(List<Term> terms, Value value, int row)
        {
            if (terms.Count != 1 || terms[0] is not { Body: ReadExpr read } term || term.From != 0 || term.To != LastExtent(value)) return null;
            return place => new ReadExpr(read.Access.Substitute(IndicesAt(term, [.. place.Map])));
        }

        /// <summary>
        /// Writes a row of an array in each strip: the sum of the parts, and of the same elements of <paramref name="arrays"/>. Where parts cover some of the
        /// last dimension only, one nest for each stretch in which they are the same.
        /// </summary>
        private void Write(Value of, Value array, int row, List<Term> terms, List<Contribution>? arrays = null)
        {
            var last = of.Shape.Length - 1;
            var ends = terms.SelectMany(t => new[] { t.From, t.To }).Concat([0, LastExtent(of)]).Distinct().OrderBy(e => e).ToList();
            for (var e = 0; e + 1 < ends.Count; e++)
            {
                var (from, to) = (ends[e], ends[e + 1]);
                int[] shape = [_strips, .. of.Shape.Skip(1)];
                if (last > 0) shape[last] = to - from;
                var indices = ProgramBuilder.IndicesOf(shape);
                Affine[] element = [.. indices.Select(Affine.Of)];
                if (last > 0) element[last] += from;
                Affine[] place = [element[0] + row, .. element.Skip(1)];
                Expr sum = 0;
                foreach (var other in arrays ?? []) sum += other.At(place);
                foreach (var term in terms.Where(t => t.From <= from && t.To >= to)) sum += term.Body.Substitute(IndicesAt(term, place));

                // An array of the value's own shape has the value's rows, one of the strips alone begins with the first.
                element[0] += array.Shape[0] == of.Shape[0] ? row : 0;
                _reversed.Add(new Nest(NameOf(of), NestKind.Store, indices, new Access(array, element.ToEquatableArray()), sum) { Owner = _whole._owner, Part = _part });
            }
        }

        /// <summary>What a term's indices are at a place of its value.</summary>
        private static Dictionary<LoopIndex, Affine> IndicesAt(Term term, Affine[] place)
        {
            // Indices of one turn need not be in the place: they are 0.
            var map = term.Indices.Where(i => i.Extent == 1).ToDictionary(i => i, _ => Affine.Zero);
            for (var d = 0; d < place.Length; d++)
                if (!term.Place.Map[d].IsConstant) map[term.Place.Map[d].Terms[0].Index] = place[d] - term.Place.Map[d].Constant;
            return map;
        }

        private static int LastExtent(Value value) => value.Shape.Length == 1 ? 1 : value.Shape[value.Shape.Length - 1];

        private void Reverse(Nest nest, Expr share)
        {
            foreach (var read in nest.Reads.Where(r => _whole._active.Contains(r.Value)))
            {
                var derivative = ThroughOutput(nest, ExprDerivative.By(nest.Body, read));
                if (ExprDerivative.IsZero(derivative)) continue;
                var body = share * derivative;
                if (IsElementwise(read, nest.Indices)) Give(new Term(read, nest.Indices, body));
                else if (_rows.ContainsKey(read.Value)) Give(Summed(nest, read, body));
                else _after.Add(() => _whole.Contribute(read.Value, _whole.ContributionOf(nest, read, body)));
            }
        }

        private void Give(Term term)
        {
            var (value, row) = (term.Place.Value, term.Place.Map[0].Constant);
            if (_rows.ContainsKey(value) && LagOf(term.Place) == 0) Add(_inside, value);
            else Add(_elsewhere, (value, row));

            void Add<TKey>(Dictionary<TKey, List<Term>> terms, TKey key)
                where TKey : notnull
            {
                if (!terms.TryGetValue(key, out var list)) terms[key] = list = [];
                list.Add(term);
            }
        }

        /// <summary>Each point reads an element of its own, in the strip's row: all along the dimensions but the last, a stretch of that.</summary>
        private static bool IsElementwise(Access read, IReadOnlyList<LoopIndex> indices)
        {
            if (!read.Value.Batched || read.Map.Count == 0 || !(read.Map[0] - indices[0]).IsConstant) return false;
            var used = new HashSet<LoopIndex> { indices[0] };
            for (var d = 1; d < read.Map.Count; d++)
            {
                var place = read.Map[d];
                var isLast = d == read.Map.Count - 1;
                if (place.IsConstant ? !isLast && read.Value.Shape[d] > 1 : place.Terms.Count > 1 || place.Terms[0].Coefficient != 1 || !used.Add(place.Terms[0].Index)) return false;
                if (!isLast && !place.IsConstant && (place.Constant != 0 || place.Terms[0].Index.Extent != read.Value.Shape[d])) return false;
            }

            return indices.All(i => i.Extent == 1 || used.Contains(i));
        }

        /// <summary>Several points read one element: a sum of its own in each strip.</summary>
        private Term Summed(Nest nest, Access read, Expr body)
        {
            var places = read.Map.Skip(1).ToArray();
            LoopIndex[] shown = [.. places.Where(p => !p.IsConstant).Select(p => p.Terms[0].Index)];
            if (places.Any(p => p.Terms.Count > 1 || (p.Terms.Count == 1 && p.Terms[0].Coefficient != 1)) || shown.Distinct().Count() < shown.Length)
                throw new InvalidOperationException($"'{nest.Name}' reads {read} of its own chain, which has no gradient rule.");
            var name = NameOf(read.Value);
            var sum = _whole._program.NewValue(name, [_strips, .. shown.Select(i => i.Extent)], batched: true);
            Affine[] at = [nest.Indices[0], .. shown.Select(Affine.Of)];
            _reversed.Add(new Nest(name, NestKind.Sum, nest.Indices, new Access(sum, at.ToEquatableArray()), body) { Owner = _whole._owner, Part = _part });

            LoopIndex[] indices = [new(nest.Indices[0].Name, _strips), .. shown.Select(i => new LoopIndex(i.Name, i.Extent))];
            var map = indices.Select((index, d) => (Old: d == 0 ? nest.Indices[0] : shown[d - 1], New: index)).ToDictionary(p => p.Old, p => Affine.Of(p.New));
            var term = new Term(read.Substitute(map), indices, ProgramBuilder.Read(sum, indices));
            if (!IsElementwise(term.Place, indices)) throw new InvalidOperationException($"'{nest.Name}' reads {read} of its own chain, which has no gradient rule.");
            return term;
        }

        /// <summary>Writes what a value gets beside the gradients of its own strip: into the array from which its strip takes it, or for before the chain.</summary>
        private void Deliver(Value value, int row, List<Term> terms)
        {
            if (_carried.TryGetValue((value, row), out var array))
            {
                Write(value, array, row, terms);
                return;
            }

            array = _whole._program.NewValue(NameOf(value), value.Shape, batched: true);
            ClearRows(array, row);
            Write(value, array, row, terms);
            _after.Insert(0, () => _whole.Contribute(value, new() { Value = array }));
        }
    }
}
