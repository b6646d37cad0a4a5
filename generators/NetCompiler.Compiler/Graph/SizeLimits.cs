using System.Globalization;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Graph;

/// <summary>Elements are counted by int everywhere below; here is where more than that is turned away (NETC0016).</summary>
internal static class SizeLimits
{
    /// <summary>Elements of one layer for one sample: kernels compute up to 16 samples at once, and add places in all of them.</summary>
    private const int LargestOfSample = 1 << 27;

    public static bool CheckLayer(LayerNode node, Reporter reporter) =>
        Check(node.Shape, "its output", LargestOfSample, node, reporter)
        && node.Parameters.All(p => Check(p.Shape, $"'{p.Name}'", int.MaxValue, node, reporter));

    /// <summary>What a layer computes on the way to its output: scores of each position for each other, for instance.</summary>
    /// <exception cref="TooLargeException">It is too large.</exception>
    public static void CheckValues(LayerNode node, IEnumerable<Value> values)
    {
        foreach (var value in values)
        {
            var length = Length(value.Shape);
            if (value.Batched && length > LargestOfSample)
                throw new TooLargeException(Info(node.Spec.Kind, length, $"'{value.Name}' {ShapeText.Of(value.Shape)}", LargestOfSample, node.Source));
        }
    }

    public static void CheckTotals(NetworkGraph graph, Reporter reporter)
    {
        var name = graph.Spec.FullName;
        var source = new SourceKey(name, "", -1);
        var parameters = graph.Nodes.SelectMany(n => n.OwnParameters).Sum(p => Length(p.Shape));
        if (parameters > int.MaxValue) reporter.Report(Info(name, parameters, "its parameters", int.MaxValue, source));
        var activations = graph.Nodes.Sum(n => Length(n.Shape));
        if (activations > int.MaxValue) reporter.Report(Info(name, activations, "the activations of one sample", int.MaxValue, source));
    }

    private static bool Check(IReadOnlyList<int> shape, string what, int most, LayerNode node, Reporter reporter)
    {
        var length = Length(shape);
        if (length <= most) return true;
        reporter.Report(Info(node.Spec.Kind, length, $"{what} {ShapeText.Of(shape)}", most, node.Source));
        return false;
    }

    private static DiagnosticInfo Info(string name, double length, string what, int most, SourceKey source) =>
        DiagnosticInfo.Of("NETC0016", source, name, Gigabytes(length), what, Gigabytes(most));

    /// <summary>In double: a shape of several large sizes passes the range of long as well.</summary>
    private static double Length(IReadOnlyList<int> shape) => shape.Aggregate(1.0, (product, size) => product * size);

    private static string Gigabytes(double floats) => (floats * 4 / (1L << 30)).ToString("#,0.0", CultureInfo.InvariantCulture) + " GB";
}

/// <summary>A layer needs more elements than can be counted, which is seen when it is lowered.</summary>
internal sealed class TooLargeException(DiagnosticInfo info) : Exception(info.Id)
{
    public DiagnosticInfo Info { get; } = info;
}
