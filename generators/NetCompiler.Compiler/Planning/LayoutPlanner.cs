using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Chooses where elements lie. Images keep their channels innermost, since that is the axis most nests run vectors along;
/// parameters keep innermost the dimension that indexes the output of the product they take part in. What the user holds
/// (inputs, outputs, labels) is row-major.
/// </summary>
internal static class LayoutPlanner
{
    /// <summary>Row pitch of parameters in floats: one AVX-512 vector, so that vector loads of weights need no tail.</summary>
    private const int Pitch = 16;

    /// <summary>Elements from which on a dimension of weights that runs through the output is worth vectors along it.</summary>
    public const int LeastAlong = 4;

    /// <summary>The natural layout of an intermediate value.</summary>
    public static Layout Natural(int[] shape, (int Before, int After)[]? halo = null) =>
        shape.Length == 3 ? Layout.Ordered(shape, [1, 2, 0], halo) : Layout.Ordered(shape, [.. Enumerable.Range(0, shape.Length)], halo);

    /// <summary>Layouts of the parameters by name, from how the predicting program uses them, and such that all programs can.</summary>
    public static Dictionary<string, Layout> Parameters(Program predict, IReadOnlyList<Program> all)
    {
        var layouts = new Dictionary<string, Layout>(StringComparer.Ordinal);
        var readers = Readers(predict.Parameters, all);
        foreach (var value in predict.Parameters)
        {
            var rank = value.Shape.Length;
            if (rank < 2)
            {
                layouts[value.Name] = Layout.RowMajor(value.Shape);
                continue;
            }

            var inner = InnerDimension(readers[value.Name], value);
            layouts[value.Name] = WithInner(value.Shape, inner, readers[value.Name].All(r => Blocking.CanSplit(r.Read, inner)));
        }

        return layouts;
    }

    /// <summary>Who reads the values of those names, in all programs in order.</summary>
    [MethodImpl(HotPath.Optimized)]
    private static Dictionary<string, List<(Nest Nest, Access Read)>> Readers(List<Value> parameters, IReadOnlyList<Program> programs)
    {
        var readers = new Dictionary<string, List<(Nest Nest, Access Read)>>(StringComparer.Ordinal);
        foreach (var parameter in parameters) readers[parameter.Name] = [];
        foreach (var program in programs)
            foreach (var nest in program.Nests)
                foreach (var read in nest.Reads)
                    if (readers.TryGetValue(read.Value.Name, out var list)) list.Add((nest, read));
        return readers;
    }

    /// <summary>
    /// A layout for weights with one dimension innermost, padded to whole vectors; kernel positions outermost. Large ones are kept in
    /// blocks of that dimension, if those who read them can be split so.
    /// </summary>
    public static Layout WithInner(int[] shape, int inner, bool mayBlock)
    {
        if (mayBlock && shape[inner] > Blocking.Size && shape[inner] % Blocking.Size == 0 && shape.Aggregate(1L, (a, b) => a * b) > Blocking.SmallWeights)
            return Blocking.Layout(shape, inner);
        var order = Enumerable.Range(0, shape.Length).Where(d => d != inner).OrderBy(d => d < 2 ? 1 : 0).ThenBy(d => d).Append(inner).ToArray();
        var extent = shape[inner];
        return Layout.Ordered(shape, order, null, extent >= 8 ? (extent + Pitch - 1) / Pitch * Pitch : extent);
    }

    /// <summary>
    /// The dimension of a parameter to run vectors along: the one whose index also runs through the output, and without a product through its elements that
    /// lie together. When that is short, a long dimension that is summed over serves better.
    /// </summary>
    private static int InnerDimension(List<(Nest Nest, Access Read)> readers, Value parameter)
    {
        var best = (Score: -1, Dimension: 0);
        var isTable = parameter.Shape.Length == 2; // what is added to a sequence row by row serves as well along both, and sequences have features innermost
        foreach (var (nest, read) in readers)
        {
            if (!ReferenceEquals(read.Value, parameter)) continue;
            var isProduct = nest.Kind is NestKind.Sum or NestKind.Max;
            for (var d = 0; d < read.Map.Count; d++)
            {
                foreach (var (index, coefficient) in read.Map[d].Terms)
                {
                    if (coefficient != 1) continue;
                    var serves = index.Extent >= LeastAlong && (isProduct ? nest.Output.Map.Any(m => m.Coefficient(index) == 1) : RunsInnermost(nest, index));
                    var score = Math.Min(index.Extent, 64) * (serves ? 100 : 1);
                    if (score > best.Score || (score == best.Score && isTable && d > best.Dimension)) best = (score, d);
                }
            }
        }

        return best.Dimension;
    }

    private static bool RunsInnermost(Nest nest, LoopIndex index) => Natural(nest.Output.Value.Shape).Address(nest.Output).Coefficient(index) == 1;
}
