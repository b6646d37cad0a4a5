using System.Globalization;
using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>A window sliding along one axis: window w, tap k is at position w * Stride + k * Dilation - Before.</summary>
/// <param name="Length">Positions: those outside [0, Length) are padding.</param>
/// <param name="Count">Windows.</param>
/// <param name="Kernel">Taps of a window.</param>
/// <param name="Before">Padding before position 0; negative: the first window begins so many positions after it.</param>
internal sealed record WindowAxis(int Length, int Count, int Kernel, int Stride, int Dilation, int Before)
{
    /// <summary>From the first tap of a window to the one after its last.</summary>
    public long Reach => ((long)(Kernel - 1) * Dilation) + 1;

    public Affine Position(Affine window, Affine tap) => (window * Stride) + (tap * Dilation) - Before;

    /// <summary>Whether some tap of some window lies in the padding.</summary>
    public bool ReachesPadding => Before > 0 || ((Count - 1) * Stride) + ((Kernel - 1) * Dilation) - Before >= Length;

    /// <summary>Whether some window lies in the padding with all its taps.</summary>
    public bool HasEmptyWindow
    {
        get
        {
            for (var window = 0; window < Count; window++)
            {
                var tap = 0;
                for (; tap < Kernel; tap++)
                    if ((window * Stride) + (tap * Dilation) - Before is var position && position >= 0 && position < Length) break;
                if (tap == Kernel) return true;
            }

            return false;
        }
    }

    /// <summary>Whether each window lies within the rows from its own first one to that of the next window.</summary>
    public bool IsApart => !ReachesPadding && Reach <= Stride;

    /// <summary>How many taps of a window without dilation lie outside the padding, as an expression of the window's index.</summary>
    public Expr ValidTaps(Affine window)
    {
        if (!ReachesPadding) return Kernel;
        var start = Position(window, 0);
        return Expr.Min(new IndexExpr(start + Kernel), Length) - Expr.Max(new IndexExpr(start), 0);
    }
}

/// <summary>The sliding window of a convolution or pooling layer, one axis or two: all arithmetic of padding is here.</summary>
internal sealed record Windows(WindowAxis[] Axes, bool IsSame)
{
    /// <summary>Conditions that keep a position out of the padding, where it can get there.</summary>
    public Guard[] Guards(Affine[] positions) =>
        [.. Axes.Zip(positions, (axis, position) => (axis, position)).Where(p => p.axis.ReachesPadding).Select(p => new Guard(p.position, p.axis.Length))];

    public IEnumerable<int> Kernels => Axes.Select(a => a.Kernel);

    public IEnumerable<int> Counts => Axes.Select(a => a.Count);

    public IEnumerable<int> Lengths => Axes.Select(a => a.Length);

    /// <summary>Loops over windows.</summary>
    public Affine[] Slide(Loops loops, Grid grid) => [.. Axes.Select((axis, a) => Affine.Of(loops.Add(grid.Names[a], axis.Count)))];

    /// <summary>Loops over the taps of a window.</summary>
    public Affine[] Taps(Loops loops, Grid grid) => [.. Axes.Select((axis, a) => loops.AddUnlessSingle(Axes.Length == 1 ? "k" : "k" + grid.Names[a], axis.Kernel))];

    public Affine[] Positions(Affine[] windows, Affine[] taps) => [.. Axes.Select((axis, a) => axis.Position(windows[a], taps[a]))];

    /// <summary>The window of a convolution; null after a report.</summary>
    public static Windows? OfConvolution(LayerContext context, Grid grid) => Of(context, grid, kernel: 3, strideOfKernel: false, same: true, transposed: false);

    /// <summary>
    /// The window of a transposed convolution, which slides over the layer's output: one window for each input element. Null after a report.
    /// </summary>
    public static Windows? OfTransposed(LayerContext context, Grid grid) => Of(context, grid, kernel: 3, strideOfKernel: false, same: true, transposed: true);

    /// <summary>The window of a pooling layer; null after a report.</summary>
    public static Windows? OfPooling(LayerContext context, Grid grid) => Of(context, grid, kernel: 2, strideOfKernel: true, same: false, transposed: false);

    private static Windows? Of(LayerContext context, Grid grid, int kernel, bool strideOfKernel, bool same, bool transposed)
    {
        var spec = context.Spec;
        var isPadded = new[] { "" }.Concat(grid.Sides).Any(side => spec.Has("Pad" + side));
        var isCausal = spec.Bool("Causal");
        if (spec.Text("Padding") is { } padding) same = padding == "Same";
        if ((same && isPadded && spec.Has("Padding")) || (isCausal && (isPadded || spec.Has("Padding"))))
        {
            var wrong = spec.Has("Padding") ? "Padding" : "Pad";
            context.Report(
                Diagnostics.BadArgument.Id, spec.Kind, wrong, wrong == "Padding" ? spec.Text(wrong)! : ShapeText.Of(spec.Int(wrong)),
                isCausal ? "left out with Causal, which pads before the first position only" : "left out when the padding is given as a number");
            return null;
        }

        var isSame = same && !isPadded && !isCausal;
        var axes = new WindowAxis[grid.Positions.Length];
        for (var a = 0; a < axes.Length; a++)
        {
            if (Read("Kernel", kernel) is not { } taps
                || Read("Stride", strideOfKernel ? taps : 1) is not { } stride
                || Read("Dilation", 1) is not { } dilation
                || LayerChecks.Pad(context, Name("Pad"), 0) is not { } pad)
                return null;
            axes[a] = new WindowAxis(context.Input[grid.Positions[a]], 0, taps, stride, dilation, pad);

            string Name(string name) => spec.Has(name + grid.Sides[a]) ? name + grid.Sides[a] : name;

            int? Read(string name, int otherwise) => LayerChecks.Size(context, Name(name), otherwise);
        }

        if (axes.Length > 1)
            foreach (var name in new[] { "Kernel", "Stride", "Dilation", "Pad" })
                if (spec.Has(name) && grid.Sides.All(s => spec.Has(name + s)))
                    context.Report(Diagnostics.NoEffect.Id, spec.Kind, name, "beside " + string.Join(" and ", grid.Sides.Select(s => name + s)));

        if (transposed) return Transposed(context, axes, isSame);
        for (var a = 0; a < axes.Length; a++)
        {
            var axis = axes[a];
            if (isCausal)
            {
                axes[a] = axis with { Count = ((axis.Length - 1) / axis.Stride) + 1, Before = (int)(axis.Reach - 1) };
                continue;
            }

            if (isSame)
            {
                // SAME_UPPER: as many windows as strides begin in the input; an odd element of padding goes after it.
                var count = (axis.Length + axis.Stride - 1) / axis.Stride;
                var total = Math.Max(((long)(count - 1) * axis.Stride) + axis.Reach - axis.Length, 0);
                axes[a] = axis with { Count = count, Before = (int)(total / 2) };
                continue;
            }

            var padded = axis.Length + (2L * axis.Before);
            if (axis.Reach > padded) return KernelTooLarge(context, grid, axes);
            axes[a] = axis with { Count = (int)((padded - axis.Reach) / axis.Stride) + 1 };
        }

        return new Windows(axes, isSame);
    }

    /// <summary>As the gradient of a convolution from the output to the input; with Same, of a convolution with Same.</summary>
    private static Windows? Transposed(LayerContext context, WindowAxis[] axes, bool isSame)
    {
        if (LayerChecks.Pad(context, "OutputPadding", 0) is not { } extra) return null;
        var limit = axes.Min(s => Math.Max(s.Stride, s.Dilation));
        if (extra >= limit || (extra > 0 && isSame))
        {
            context.Report(
                Diagnostics.BadArgument.Id, context.Spec.Kind, "OutputPadding", ShapeText.Of(extra),
                isSame ? "left out with Padding.Same, which makes the output input x stride"
                    : $"less than the stride or the dilation ({ShapeText.Of(limit)})");
            return null;
        }

        for (var a = 0; a < axes.Length; a++)
        {
            var axis = axes[a];
            var before = isSame ? Math.Max(axis.Reach - axis.Stride, 0) / 2 : axis.Before;
            var length = isSame ? (long)axis.Length * axis.Stride : ((long)(axis.Length - 1) * axis.Stride) + axis.Reach + extra - (2L * axis.Before);
            if (length is < 1 or > int.MaxValue)
            {
                context.Report(
                    Diagnostics.BadArgument.Id, context.Spec.Kind, "Pad", ShapeText.Of(axis.Before),
                    $"such that the output's size is from 1 to {ShapeText.Of(int.MaxValue)}, not {Text(length)}");
                return null;
            }

            axes[a] = axis with { Length = (int)length, Count = axis.Length, Before = (int)before };
        }

        return new Windows(axes, isSame);
    }

    private static Windows? KernelTooLarge(LayerContext context, Grid grid, WindowAxis[] axes)
    {
        context.Report(
            Diagnostics.KernelTooLarge.Id, context.Spec.Kind, string.Join("x", axes.Select(a => Text(a.Reach))),
            string.Join("x", axes.Select((a, i) => Text(context.Input[grid.Positions[i]] + (2L * a.Before)))), ShapeText.Of(context.Input));
        return null;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
