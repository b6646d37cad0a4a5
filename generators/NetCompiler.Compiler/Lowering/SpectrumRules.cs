using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// The power spectrum of each frame. The transform is a product with a table of cosines and sines, which has the window in it: for the lengths of audio frames that
/// is as fast as anything else, goes through the scheduler of all products, and computes only the frequencies that are wanted.
/// </summary>
internal static class Spectrum
{
    /// <summary>Numbers up to 2^24 are exact in floats, and so is the product of a frequency's and a sample's number up to this length.</summary>
    private const int LongestTransform = 4096;

    private static readonly string[] s_windows = ["Hann", "Hamming", "Rectangular"];

    /// <summary>The length of the transform; null after a report.</summary>
    public static int? Length(LayerContext context)
    {
        if (!context.HasRank("[T, Size]: frames, as [Frame(Size)] gives them", 2)) return null;
        var spec = context.Spec;
        if (Array.IndexOf(s_windows, Window(spec)) < 0)
        {
            context.Report(Diagnostics.BadArgument.Id, spec.Kind, "Window", Window(spec), "Hann, Hamming or Rectangular");
            return null;
        }

        var size = context.Input[1];
        if (context.Positive("FftLength", size) is not { } length) return null;
        if (length >= size && length is >= 2 and <= LongestTransform) return length;
        context.Report(
            Diagnostics.BadArgument.Id, spec.Kind, "FftLength", ShapeText.Of(length),
            $"from {ShapeText.Of(Math.Max(size, 2))}, the length of the frames, to {ShapeText.Of(LongestTransform)}");
        return null;
    }

    /// <summary>The power in some of the frequencies, [T, Size] -> [T, count].</summary>
    /// <param name="builder">What to write with.</param>
    /// <param name="node">The layer.</param>
    /// <param name="frames">The frames.</param>
    /// <param name="length">Length of the transform.</param>
    /// <param name="first">The first frequency.</param>
    /// <param name="count">How many of them.</param>
    public static Value Power(ProgramBuilder builder, LayerNode node, Value frames, int length, int first, int count)
    {
        var (title, rows, size) = (Loops.Title(node), frames.Shape[0], frames.Shape[1]);

        // Columns: the cosines of all frequencies, then their sines. A whole number of turns is left out while all numbers are whole, and so exact.
        var (n, part, k) = (Index("n", size), Index("part", 2), Index("k", count));
        var product = new IndexExpr(k + first) * new IndexExpr(n);
        var turns = new UnaryExpr(UnaryOp.Floor, (product * (1.0 / length)) + 0.5);
        var angle = (product - (turns * length)) * (2 * Math.PI / length);
        var wave = Expr.Select(Expr.Greater(new IndexExpr(part), 0.5), new UnaryExpr(UnaryOp.Sin, angle), new UnaryExpr(UnaryOp.Cos, angle));
        var table = builder.Store($"{title} waves", [size, 2 * count], [n, part, k], [n, (part * count) + k], Weight(node.Spec, n) * wave);

        var (t, s, j) = (Index("t", rows), Index("n", size), Index("j", 2 * count));
        var sums = builder.Sum($"{title} transform", [rows, 2 * count], [t, j, s], [t, j], Read(frames, t, s) * Read(table, s, j));
        var (u, f) = (Index("t", rows), Index("k", count));
        var (cosine, sine) = (Read(sums, u, f), Read(sums, u, f + count));
        return builder.Pointwise($"{title} power", [u, f], (cosine * cosine) + (sine * sine));
    }

    private static string Window(LayerSpec spec) => spec.Text("Window") ?? "Hann";

    /// <summary>The window's weight of a sample.</summary>
    private static Expr Weight(LayerSpec spec, LoopIndex n)
    {
        if (Window(spec) == "Rectangular") return 1;
        var middle = Window(spec) == "Hann" ? 0.5 : 0.54;
        return middle - ((1 - middle) * new UnaryExpr(UnaryOp.Cos, new IndexExpr(n) * (2 * Math.PI / n.Extent)));
    }
}

/// <summary>The power in each frequency, [T, Size] -> [T, FftLength / 2 + 1].</summary>
internal sealed class SpectrogramRule : LayerRule
{
    public override string Kind => "Spectrogram";

    public override bool CanStep(LayerNode node) => true;

    public override int[]? Infer(LayerContext context) =>
        Spectrum.Length(context) is { } length ? LayerChecks.Fitting(context, context.Input[0], (length / 2) + 1) : null;

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs) =>
        Spectrum.Power(builder, node, inputs[0], Spectrum.Length(LayerChecks.Accepted(node, inputs))!.Value, 0, node.Shape[1]);
}

/// <summary>The power in bands of a mel scale, [T, Size] -> [T, Bands].</summary>
internal sealed class MelSpectrogramRule : LayerRule
{
    // Slaney's scale: linear up to 1000 Hz, 15 mel; 27 mel more are a factor of 6.4.
    private const double SlaneyHertz = 200.0 / 3;
    private const double SlaneyBreak = 15;
    private const double SlaneyBreakHertz = 1000;
    private static readonly double s_slaneyStep = Math.Log(6.4) / 27;

    public override string Kind => "MelSpectrogram";

    public override bool CanStep(LayerNode node) => true;

    public override int[]? Infer(LayerContext context) =>
        Bank(context) is { } bank ? LayerChecks.Fitting(context, context.Input[0], bank.Bands) : null;

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var bank = Bank(LayerChecks.Accepted(node, inputs))!;
        var title = Loops.Title(node);
        var power = Spectrum.Power(builder, node, inputs[0], bank.Length, bank.First, bank.Count);

        var e = Index("e", bank.Bands + 2);
        var mel = (new IndexExpr(e) * bank.Step) + bank.Low;
        var hertz = bank.IsSlaney
            ? Expr.Select(Expr.Greater(mel, SlaneyBreak), SlaneyBreakHertz * Expr.Exp((mel - SlaneyBreak) * s_slaneyStep), mel * SlaneyHertz)
            : 700 * Expr.ExpM1(mel);
        var edges = builder.Pointwise($"{title} edges", [e], hertz);

        var (k, m) = (Index("k", bank.Count), Index("m", bank.Bands));
        var frequency = new IndexExpr(k + bank.First) * bank.Spacing;
        var (from, peak, to) = (Read(edges, m), Read(edges, m + 1), Read(edges, m + 2));
        var bands = builder.Pointwise($"{title} bands", [k, m], Expr.Max(Expr.Min((frequency - from) / (peak - from), (to - frequency) / (to - peak)), 0));

        var (t, o, f) = (Index("t", node.Shape[0]), Index("m", bank.Bands), Index("k", bank.Count));
        return builder.Sum(title, node.Shape, [t, o, f], [t, o], Read(power, t, f) * Read(bands, f, o));
    }

    /// <summary>The bands; null after a report.</summary>
    private static MelBank? Bank(LayerContext context)
    {
        if (Spectrum.Length(context) is not { } length || LayerChecks.Size(context, "Bands", 0) is not { } bands
            || context.Positive("SampleRate", 16000) is not { } rate)
            return null;
        var spec = context.Spec;
        if (spec.Text("MelScale") is { } scale and not ("Htk" or "Slaney")) return Refuse("MelScale", scale, "Htk or Slaney");

        var nyquist = rate / 2.0;
        var (low, high) = (spec.Number("LowFrequency"), spec.Number("HighFrequency", nyquist));
        if (!(low >= 0 && low < nyquist)) return Refuse("LowFrequency", ShapeText.Of(low), $"from 0 to less than half the sample rate, {ShapeText.Of(nyquist)} Hz");
        if (!(high > low && high <= nyquist))
            return Refuse("HighFrequency", ShapeText.Of(high), $"greater than LowFrequency, {ShapeText.Of(low)} Hz, and at most half the sample rate, {ShapeText.Of(nyquist)} Hz");

        var isSlaney = spec.Text("MelScale") == "Slaney";
        var start = ToMel(low, isSlaney);
        var spacing = (double)rate / length;
        var (first, last) = ((int)Math.Floor(low / spacing) + 1, (int)Math.Ceiling(high / spacing) - 1);
        var bank = new MelBank(bands, length, first, last - first + 1, start, (ToMel(high, isSlaney) - start) / (bands + 1), isSlaney, spacing);
        for (var band = 0; band < bands; band++)
        {
            var (from, to) = (bank.Edge(band), bank.Edge(band + 2));
            if ((Math.Floor(from / bank.Spacing) + 1) * bank.Spacing < to) continue;
            return Refuse(
                "Bands", ShapeText.Of(bands),
                $"so few that each band has a frequency of the transform, which are {ShapeText.Of(Math.Round(bank.Spacing, 2))} Hz apart, but band {ShapeText.Of(band)} is from {ShapeText.Of(Math.Round(from, 2))} "
                + $"to {ShapeText.Of(Math.Round(to, 2))} Hz: fewer Bands, or a longer FftLength than {ShapeText.Of(length)}");
        }

        return bank;

        MelBank? Refuse(string argument, string given, string wanted)
        {
            context.Report(Diagnostics.BadArgument.Id, spec.Kind, argument, given, wanted);
            return null;
        }
    }

    /// <summary>HTK's scale here is ln(1 + f / 700): its factor plays no part in where the edges are.</summary>
    private static double ToMel(double hertz, bool isSlaney) =>
        !isSlaney ? Math.Log(1 + (hertz / 700))
        : hertz > SlaneyBreakHertz ? SlaneyBreak + (Math.Log(hertz / SlaneyBreakHertz) / s_slaneyStep)
        : hertz / SlaneyHertz;

    /// <summary>Triangles over the frequencies of a transform.</summary>
    /// <param name="Bands">How many.</param>
    /// <param name="Length">Length of the transform.</param>
    /// <param name="First">The first frequency within the bands.</param>
    /// <param name="Count">How many frequencies are.</param>
    /// <param name="Low">The first edge, in mel.</param>
    /// <param name="Step">From edge to edge, in mel.</param>
    /// <param name="IsSlaney">Slaney's scale, else HTK's.</param>
    /// <param name="Spacing">Hz between two frequencies of the transform.</param>
    private sealed record MelBank(int Bands, int Length, int First, int Count, double Low, double Step, bool IsSlaney, double Spacing)
    {
        /// <summary>An edge, in Hz.</summary>
        public double Edge(int edge)
        {
            var mel = Low + (edge * Step);
            return !IsSlaney ? 700 * (Math.Exp(mel) - 1) : mel > SlaneyBreak ? SlaneyBreakHertz * Math.Exp((mel - SlaneyBreak) * s_slaneyStep) : mel * SlaneyHertz;
        }
    }
}
