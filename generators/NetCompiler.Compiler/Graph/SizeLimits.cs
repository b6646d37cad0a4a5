using System.Globalization;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Compiler.Graph;

/// <summary>Elements are counted by int everywhere below; here is where more than that is turned away (NETC0016).</summary>
internal static class SizeLimits
{
    public static bool CheckLayer(LayerNode node, Reporter reporter) =>
        Check(node.Shape, "its output", node, reporter)
        && node.Parameters.All(p => Check(p.Shape, $"'{p.Name}'", node, reporter));

    public static void CheckTotals(NetworkGraph graph, Reporter reporter)
    {
        var name = graph.Spec.FullName;
        var source = new SourceKey(name, "", -1);
        var parameters = graph.Nodes.SelectMany(n => n.OwnParameters).Sum(p => Length(p.Shape));
        if (parameters > int.MaxValue) Report(name, parameters, "its parameters", source, reporter);
        var activations = graph.Nodes.Sum(n => Length(n.Shape));
        if (activations > int.MaxValue) Report(name, activations, "the activations of one sample", source, reporter);
    }

    private static bool Check(IReadOnlyList<int> shape, string what, LayerNode node, Reporter reporter)
    {
        var length = Length(shape);
        if (length <= int.MaxValue) return true;
        Report(node.Spec.Kind, length, $"{what} {ShapeText.Of(shape)}", node.Source, reporter);
        return false;
    }

    private static void Report(string name, double length, string what, SourceKey source, Reporter reporter) =>
        reporter.Report(DiagnosticInfo.Of("NETC0016", source, name, Gigabytes(length), what, Gigabytes(int.MaxValue)));

    /// <summary>In double: a shape of several large sizes passes the range of long as well.</summary>
    private static double Length(IReadOnlyList<int> shape) => shape.Aggregate(1.0, (product, size) => product * size);

    private static string Gigabytes(double floats) => (floats * 4 / (1L << 30)).ToString("#,0.0", CultureInfo.InvariantCulture) + " GB";
}
