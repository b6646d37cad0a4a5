using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Copies whose only work is that an element has another place; a later pass removes those that can be read in place.</summary>
internal static class ViewMaps
{
    /// <summary>The number of an element in row-major order.</summary>
    public static Affine RowMajor(IReadOnlyList<Affine> at, IReadOnlyList<int> shape)
    {
        var number = Affine.Zero;
        for (var d = 0; d < shape.Count; d++) number = (number * shape[d]) + at[d];
        return number;
    }

    /// <summary>
    /// The same elements in row-major order under another shape. Dimensions are matched in runs of equal size; where one side
    /// of each run is a single dimension, the places are affine and one copy does. Else it goes by way of one dimension.
    /// </summary>
    public static Value Reshape(ProgramBuilder builder, string name, Value x, int[] shape)
    {
        if (x.Shape.SequenceEqual(shape)) return x;
        if (!TryNest(x.Shape, shape, out var indices, out var from, out var to))
            return Reshape(builder, name, Reshape(builder, name + " flat", x, [x.Length]), shape);
        return builder.Store(name, shape, indices, to, Read(x, from));
    }

    /// <summary>Loops over the finer side of each run of dimensions, and the places on both sides in terms of them.</summary>
    private static bool TryNest(int[] input, int[] output, out LoopIndex[] indices, out Affine[] from, out Affine[] to)
    {
        var loops = new List<LoopIndex>();
        from = [.. input.Select(_ => Affine.Zero)];
        to = [.. output.Select(_ => Affine.Zero)];
        indices = [];
        int i = 0, o = 0;
        while (true)
        {
            // Dimensions of size 1 have only place 0.
            while (i < input.Length && input[i] == 1) i++;
            while (o < output.Length && output[o] == 1) o++;
            if (i == input.Length && o == output.Length) break;

            int firstIn = i, firstOut = o;
            long sizeIn = input[i++], sizeOut = output[o++];
            while (sizeIn != sizeOut)
            {
                if (sizeIn < sizeOut) sizeIn *= input[i++];
                else sizeOut *= output[o++];
            }

            if (i - firstIn > 1 && o - firstOut > 1) return false;
            var fine = i - firstIn > 1 ? input.Skip(firstIn).Take(i - firstIn).ToArray() : [.. output.Skip(firstOut).Take(o - firstOut)];
            LoopIndex[] run = [.. fine.Select((size, k) => Index("i" + ShapeText.Of(loops.Count + k), size))];
            loops.AddRange(run);
            Affine[] places = [.. run.Select(Affine.Of)];
            Place(from, firstIn, i - firstIn, places, fine);
            Place(to, firstOut, o - firstOut, places, fine);
        }

        indices = [.. loops];
        return true;
    }

    /// <summary>One dimension takes the run's row-major number; several take an index each.</summary>
    private static void Place(Affine[] at, int first, int count, Affine[] places, int[] fine)
    {
        if (count == 1) at[first] = RowMajor(places, fine);
        else Array.Copy(places, 0, at, first, count);
    }
}
