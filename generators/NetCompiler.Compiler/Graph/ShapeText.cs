using System.Globalization;

namespace NetCompiler.Compiler.Graph;

/// <summary>Shapes and numbers as messages and tables write them; never in the culture of the machine that builds.</summary>
public static class ShapeText
{
    /// <summary><c>[16, 28, 28]</c>.</summary>
    public static string Of(IEnumerable<int> shape) => "[" + string.Join(", ", shape.Select(Of)) + "]";

    public static string Of(int number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Of(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>With thousands apart: <c>1,234,567</c>.</summary>
    public static string Grouped(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}
