using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>A window sliding along one axis: window w, tap k is at position w * Stride + k * Dilation - Before.</summary>
/// <param name="Length">Positions: those outside [0, Length) are padding.</param>
/// <param name="Count">Windows.</param>
/// <param name="Kernel">Taps of a window.</param>
/// <param name="Before">Padding before position 0.</param>
internal sealed record WindowAxis(int Length, int Count, int Kernel, int Stride, int Dilation, int Before)
{
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

    /// <summary>How many taps of a window without dilation lie outside the padding, as an expression of the window's index.</summary>
    public Expr ValidTaps(Affine window)
    {
        if (!ReachesPadding) return Kernel;
        var start = Position(window, 0);
        return Expr.Min(new IndexExpr(start + Kernel), Length) - Expr.Max(new IndexExpr(start), 0);
    }
}

/// <summary>The sliding window of a convolution or pooling layer: all arithmetic of padding is here.</summary>
internal sealed record Windows(WindowAxis Vertical, WindowAxis Horizontal, bool IsSame)
{
    /// <summary>Conditions that keep a position out of the padding, where it can get there.</summary>
    public Guard[] Guards(Affine row, Affine column) =>
    [
        .. Vertical.ReachesPadding ? [new Guard(row, Vertical.Length)] : Array.Empty<Guard>(),
        .. Horizontal.ReachesPadding ? [new Guard(column, Horizontal.Length)] : Array.Empty<Guard>(),
    ];

    /// <summary>The window of a convolution; null after a report.</summary>
    public static Windows? OfConvolution(LayerContext context) => Of(context, kernel: 3, strideOfKernel: false, same: true, transposed: false);

    /// <summary>
    /// The window of a transposed convolution, which slides over the layer's output: one window for each input element. Null after a report.
    /// </summary>
    public static Windows? OfTransposed(LayerContext context) => Of(context, kernel: 3, strideOfKernel: false, same: true, transposed: true);

    /// <summary>The window of a pooling layer; null after a report.</summary>
    public static Windows? OfPooling(LayerContext context) => Of(context, kernel: 2, strideOfKernel: true, same: false, transposed: false);

    private static Windows? Of(LayerContext context, int kernel, bool strideOfKernel, bool same, bool transposed)
    {
        var spec = context.Spec;
        var isPadded = spec.Has("Pad") || spec.Has("PadHeight") || spec.Has("PadWidth");
        if (spec.Text("Padding") is { } padding)
        {
            same = padding == "Same";
            if (same && isPadded)
            {
                context.Report(Diagnostics.BadArgument.Id, spec.Kind, "Padding", "Same", "left out when the padding is given as a number");
                return null;
            }
        }

        var isSame = same && !isPadded;
        var sizes = new WindowAxis[2];
        for (var a = 0; a < 2; a++)
        {
            var side = a == 0 ? "Height" : "Width";
            if (Read("Kernel", kernel) is not { } taps
                || Read("Stride", strideOfKernel ? taps : 1) is not { } stride
                || Read("Dilation", 1) is not { } dilation
                || LayerChecks.Pad(context, Name("Pad"), 0) is not { } pad)
                return null;
            sizes[a] = new WindowAxis(context.Input[1 + a], 0, taps, stride, dilation, pad);

            string Name(string name) => spec.Has(name + side) ? name + side : name;

            int? Read(string name, int otherwise) => LayerChecks.Size(context, Name(name), otherwise);
        }

        var extra = 0;
        if (transposed)
        {
            if (LayerChecks.Pad(context, "OutputPadding", 0) is not { } outputPadding) return null;
            extra = outputPadding;
            var limit = sizes.Min(s => Math.Max(s.Stride, s.Dilation));
            if (extra >= limit || (extra > 0 && isSame))
            {
                context.Report(
                    Diagnostics.BadArgument.Id, spec.Kind, "OutputPadding", ShapeText.Of(extra),
                    isSame ? "left out with Padding.Same, which makes the output input x stride"
                        : $"less than the stride or the dilation ({ShapeText.Of(limit)})");
                return null;
            }
        }

        for (var a = 0; a < 2; a++)
        {
            var s = sizes[a];
            var reach = ((long)(s.Kernel - 1) * s.Dilation) + 1;
            if (transposed)
            {
                // As the gradient of a convolution from the output to the input; with Same, of a convolution with Same.
                var before = isSame ? Math.Max(reach - s.Stride, 0) / 2 : s.Before;
                var length = isSame ? (long)s.Length * s.Stride : ((long)(s.Length - 1) * s.Stride) + reach + extra - (2L * s.Before);
                if (length is < 1 or > int.MaxValue)
                {
                    context.Report(
                        Diagnostics.BadArgument.Id, spec.Kind, "Pad", ShapeText.Of(s.Before),
                        $"such that the output's size is from 1 to {ShapeText.Of(int.MaxValue)}, not {length.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
                    return null;
                }

                sizes[a] = s with { Length = (int)length, Count = s.Length, Before = (int)before };
                continue;
            }

            if (isSame)
            {
                // SAME_UPPER: as many windows as strides begin in the input; an odd element of padding goes after it.
                var count = (s.Length + s.Stride - 1) / s.Stride;
                var total = Math.Max(((long)(count - 1) * s.Stride) + reach - s.Length, 0);
                sizes[a] = s with { Count = count, Before = (int)(total / 2) };
                continue;
            }

            var padded = s.Length + (2L * s.Before);
            if (reach > padded) return KernelTooLarge();
            sizes[a] = s with { Count = (int)((padded - reach) / s.Stride) + 1 };
        }

        return new Windows(sizes[0], sizes[1], isSame);

        Windows? KernelTooLarge()
        {
            context.Report(Diagnostics.KernelTooLarge.Id, spec.Kind, Reach(sizes[0]) + "x" + Reach(sizes[1]), Padded(0) + "x" + Padded(1), ShapeText.Of(context.Input));
            return null;

            static string Reach(WindowAxis s) =>
                (((long)(s.Kernel - 1) * s.Dilation) + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);

            string Padded(int a) => ShapeText.Of(context.Input[1 + a] + (2 * sizes[a].Before));
        }
    }
}
