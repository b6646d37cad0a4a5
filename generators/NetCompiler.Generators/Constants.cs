using System.Globalization;
using Microsoft.CodeAnalysis;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Generators;

/// <summary>
/// Numbers in the text of a function. What is computed of numbers alone is a number, rounded to a float at each operation that C# does with floats: the C# compiler leaves such operations to
/// the run where they are not of its constants, but of locals, parameters or results of functions.
/// </summary>
internal static class Constants
{
    // What is no finite number has no digits, but is the quotient of two.
    private const string Infinity = "(div 1 0)", NegativeInfinity = "(div -1 0)", NotANumber = "(div 0 0)";

    public static string Write(double value)
    {
        if (double.IsNaN(value)) return NotANumber;
        if (double.IsInfinity(value)) return value > 0 ? Infinity : NegativeInfinity;

        // "R" is not exact on every .NET Framework, which may host the generator; 17 digits always are.
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        return double.Parse(shortest, CultureInfo.InvariantCulture).Equals(value) ? shortest : value.ToString("G17", CultureInfo.InvariantCulture);
    }

    /// <summary>The number that the text is; null where it is more than a number.</summary>
    public static double? Find(string text) => text switch
    {
        Infinity => double.PositiveInfinity,
        NegativeInfinity => double.NegativeInfinity,
        NotANumber => double.NaN,
        _ => text[0] is '-' or (>= '0' and <= '9') ? double.Parse(text, CultureInfo.InvariantCulture) : null,
    };

    /// <summary>A number becomes one of that type; other text stays.</summary>
    public static string Round(string text, ITypeSymbol? type) =>
        type?.SpecialType == SpecialType.System_Single && Find(text) is { } value ? Write((float)value) : text;

    /// <summary>The operation's result, of that type, where all that it takes are numbers; else its text.</summary>
    public static string Compute(string operation, ITypeSymbol? type, params string[] operands) =>
        Array.TrueForAll(operands, o => Find(o) is not null) && ExprText.Parse(operation) is ConstExpr result ? Round(Write(result.Value), type) : operation;
}
