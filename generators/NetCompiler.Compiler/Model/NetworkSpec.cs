using System.Globalization;

namespace NetCompiler.Compiler.Model;

/// <summary>
/// What the user declared, as plain values: no symbols, no syntax, no locations, so that an edit elsewhere in the
/// user's file leaves it equal to itself and no later stage runs again.
/// </summary>
public sealed record NetworkSpec(
    string Namespace,
    EquatableArray<ContainingType> ContainingTypes,
    string Name,
    string Accessibility,
    string Modifiers,
    LossSpec? Loss,
    EquatableArray<PropertySpec> Properties,
    EquatableArray<BlockSpec> Blocks,
    EquatableArray<FunctionSpec> Functions)
{
    /// <summary>The full name, with dots throughout and without <c>global::</c>.</summary>
    public string FullName => string.Join(".", new[] { Namespace }.Concat(ContainingTypes.Select(t => t.Name)).Append(Name).Where(s => s.Length > 0));

    /// <summary>Also compile a prediction that keeps the output of every property, for <c>Layer.LastOutput</c>.</summary>
    public bool KeepOutputs { get; init; }

    /// <summary>The class must say that it is not for all languages: else the C# compiler would, of each member, in an assembly that is.</summary>
    public bool IsForSomeLanguages { get; init; }

    /// <summary>The file with the parameters that the assembly is to have inside, as the declaration names it; null: none.</summary>
    public string? Weights { get; init; }

    /// <summary>Names of the user's members that a network which runs step by step has for its own.</summary>
    public EquatableArray<string> StepNames { get; init; } = EquatableArray<string>.Empty;

    /// <summary>A chain has its layers on the class: one nameless property.</summary>
    public bool IsChain => Properties.Count == 1 && Properties[0].Name.Length == 0;
}

/// <summary>A type around the network, as it must be repeated in the generated file: <c>partial class Outer</c>.</summary>
public sealed record ContainingType(string Name, string Keyword);

/// <param name="Kind">The member's name in the enum <c>Loss</c>.</param>
/// <param name="Arguments">The arguments of [Network] that are for losses, whether or not they are for this one.</param>
public sealed record LossSpec(string Kind, EquatableArray<ArgumentSpec> Arguments)
{
    /// <summary>The kind of a network that only predicts, though it has arguments for a loss.</summary>
    public const string None = "None";

    public double Number(string name, double otherwise)
    {
        foreach (var argument in Arguments)
            if (argument.Name == name) return argument.Number;
        return otherwise;
    }
}

/// <summary>A reusable group of layers, known by its full type name.</summary>
public sealed record BlockSpec(string FullName, EquatableArray<PropertySpec> Properties, EquatableArray<FunctionSpec> Functions);

/// <summary>One partial property (or the class itself, for a chain: then the name is empty) and its layers in order.</summary>
public sealed record PropertySpec(string Name, string Accessibility, bool IsOutput, EquatableArray<LayerSpec> Layers);

/// <summary>
/// One layer attribute: its name without "Attribute" (<c>Conv2D</c>) and its arguments by the name of the attribute's
/// constructor parameter or property, first letter upper case (<c>Channels</c>, <c>Kernel</c>). Arguments that the user
/// did not write are absent. <c>Use&lt;T&gt;</c> has kind <c>Use</c> and a text argument <c>Block</c> with T's full name.
/// </summary>
public sealed record LayerSpec(string Kind, EquatableArray<ArgumentSpec> Arguments)
{
    public ArgumentSpec? Find(string name)
    {
        foreach (var argument in Arguments)
            if (argument.Name == name) return argument;
        return null;
    }

    public bool Has(string name) => Find(name) is not null;

    public int Int(string name, int otherwise = 0) => Find(name) is { } a ? (int)a.Number : otherwise;

    public double Number(string name, double otherwise = 0) => Find(name)?.Number ?? otherwise;

    public bool Bool(string name, bool otherwise = false) => Find(name) is { } a ? a.Number != 0 : otherwise;

    public string? Text(string name) => Find(name)?.Text;

    public int[] Ints(string name) => Find(name)?.Numbers.Select(n => (int)n).ToArray() ?? [];

    public string[] Texts(string name) => Find(name)?.Texts.ToArray() ?? [];

    public override string ToString() => Arguments.Count == 0 ? Kind : $"{Kind}({string.Join(", ", Arguments)})";
}

/// <summary>An argument's value in the one field that its type calls for; enum values are their member's name in <see cref="Text"/>.</summary>
public sealed record ArgumentSpec(string Name, double Number, string? Text, EquatableArray<double> Numbers, EquatableArray<string> Texts)
{
    public static ArgumentSpec Of(string name, double number) => new(name, number, null, EquatableArray<double>.Empty, EquatableArray<string>.Empty);

    public static ArgumentSpec Of(string name, bool value) => Of(name, value ? 1d : 0d);

    public static ArgumentSpec Of(string name, string text) => new(name, 0, text, EquatableArray<double>.Empty, EquatableArray<string>.Empty);

    public static ArgumentSpec Of(string name, params double[] numbers) => new(name, 0, null, new(numbers), EquatableArray<string>.Empty);

    public static ArgumentSpec Of(string name, params string[] texts) => new(name, 0, null, EquatableArray<double>.Empty, new(texts));

    public override string ToString() => Name + " = " + (Text
        ?? (Texts.Count > 0 ? string.Join(", ", Texts)
        : Numbers.Count > 0 ? string.Join("x", Numbers.Select(Invariant))
        : Invariant(Number)));

    private static string Invariant(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>A pointwise function of the user's, already read from C# into the compiler's own expression text.</summary>
/// <param name="Name">The method's name.</param>
/// <param name="Parameters">The number of its float parameters: inputs of the layer.</param>
/// <param name="Body">Its expression in the prefix notation that <c>Primitives/ExprText.cs</c> reads: <c>(div x0 (add 1 (exp (neg x0))))</c>.</param>
public sealed record FunctionSpec(string Name, int Parameters, string Body);
