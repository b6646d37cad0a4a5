using System.Globalization;
using System.Reflection;
using System.Text;
using NetCompiler.Compiler.Model;

namespace NetCompiler.CodeGen.Tests.Drawn;

/// <summary>A declaration as a user would write it in C#, which the front end reads back: what a failing test prints.</summary>
public static class DeclarationText
{
    /// <summary>Pointwise functions, as the compiler has them and as C#.</summary>
    public static (FunctionSpec Spec, string Text)[] Functions { get; } =
    [
        (new FunctionSpec("Swish", 1, "(div x0 (add 1 (exp (neg (max x0 -30)))))"), "x / (1 + MathF.Exp(-MathF.Max(x, -30)))"), // without the Max its derivative is not a number for large negative x
        (new FunctionSpec("Odd", 1, "(add (mul x0 (tanh x0)) (mul 0.5 (sin x0)))"), "(x * MathF.Tanh(x)) + (0.5f * MathF.Sin(x))"),
        (new FunctionSpec("Hump", 1, "(div x0 (add 1 (mul x0 x0)))"), "x / (1 + (x * x))"),
        (new FunctionSpec("Bend", 1, "(add (sqrt (add 0.5 (mul x0 x0))) (cos x0))"), "MathF.Sqrt(0.5f + (x * x)) + MathF.Cos(x)"),
        (new FunctionSpec("Soft", 1, "(select (gt x0 0) (log1p x0) (expm1 x0))"), "x > 0 ? float.LogP1(x) : float.ExpM1(x)"), // each branch is no number, or large, where the other is taken
        (new FunctionSpec("Bell", 1, "(mul (exp (neg (mul x0 x0))) (add 1 (abs x0)))"), "MathF.Exp(-(x * x)) * (1 + MathF.Abs(x))"),
        (new FunctionSpec("Cube", 1, "(pow (min (max x0 -2) 2) 3)"), "MathF.Pow(MathF.Min(MathF.Max(x, -2), 2), 3)"),
        (new FunctionSpec("Minus", 2, "(sub x0 x1)"), "x - y"),
        (new FunctionSpec("Gate", 2, "(div x0 (add 1 (exp (neg (max x1 -30)))))"), "x / (1 + MathF.Exp(-MathF.Max(y, -30)))"),
        (new FunctionSpec("Larger", 2, "(max x0 x1)"), "MathF.Max(x, y)"),
        (new FunctionSpec("Second", 2, "(tanh x1)"), "MathF.Tanh(y)"), // the first plays no part but for its shape
        (new FunctionSpec("Blend", 3, "(add x0 (mul (tanh x2) (sub x1 x0)))"), "x + (MathF.Tanh(z) * (y - x))"),
    ];

    public static string Of(NetworkSpec spec)
    {
        var text = new StringBuilder();
        foreach (var block in spec.Blocks) Class(text, "Block", block.FullName.Split('.')[^1], block.Properties, FunctionsOf(block.Properties));
        var options = new List<string>();
        if (spec.Loss is { } loss)
        {
            options.Add("Loss = Loss." + loss.Kind);
            foreach (var argument in loss.Arguments) options.Add($"{argument.Name} = {Number(argument.Number)}");
        }

        if (spec.KeepOutputs) options.Add("KeepOutputs = true");
        Class(text, options.Count == 0 ? "Network" : $"Network({string.Join(", ", options)})", spec.Name, spec.Properties, FunctionsOf(spec.Properties));
        return text.ToString();
    }

    private static IEnumerable<string> FunctionsOf(IEnumerable<PropertySpec> properties)
    {
        var names = properties.SelectMany(p => p.Layers).Where(l => l.Kind == "Map").Select(l => l.Text("Function")).ToHashSet();
        return Functions.Where(f => names.Contains(f.Spec.Name)).Select(f => $"    private static float {f.Spec.Name}({string.Join(", ", "xyz".Take(f.Spec.Parameters).Select(p => "float " + p))}) => {f.Text};");
    }

    private static void Class(StringBuilder text, string attribute, string name, IEnumerable<PropertySpec> properties, IEnumerable<string> functions)
    {
        text.Append($"[{attribute}]\npublic sealed partial class {name}\n{{\n");
        foreach (var property in properties)
            text.Append($"    [{(property.IsOutput ? "Output, " : "")}{string.Join(", ", property.Layers.Select(Layer))}] public partial Layer {property.Name} {{ get; }}\n");
        foreach (var function in functions) text.Append(function).Append('\n');
        text.Append("}\n\n");
    }

    private static string Layer(LayerSpec layer)
    {
        var isUse = layer.Kind == "Use";
        var type = isUse ? typeof(UseAttribute<>) : typeof(LayerAttribute).Assembly.GetType($"NetCompiler.{layer.Kind}Attribute", throwOnError: true)!;
        var name = isUse ? $"Use<{layer.Text("Block")!.Split('.')[^1]}>" : layer.Kind;
        var given = layer.Arguments.Where(a => a.Name != "Block").ToDictionary(a => a.Name);
        var constructor = type.GetConstructors().Where(c => c.GetParameters().All(p => given.ContainsKey(Upper(p)) || p.IsOptional || p.IsDefined(typeof(ParamArrayAttribute))))
            .OrderBy(c => c.GetParameters().Count(p => given.ContainsKey(Upper(p)))).Last();
        var arguments = new List<string>();
        foreach (var parameter in constructor.GetParameters())
            if (given.Remove(Upper(parameter), out var argument)) arguments.Add(Value(argument, parameter.ParameterType));
        foreach (var argument in given.Values) arguments.Add($"{argument.Name} = {Value(argument, type.GetProperty(argument.Name)!.PropertyType)}");
        return arguments.Count == 0 ? name : $"{name}({string.Join(", ", arguments)})";
    }

    private static string Upper(ParameterInfo parameter) => char.ToUpperInvariant(parameter.Name![0]) + parameter.Name[1..];

    private static string Value(ArgumentSpec argument, Type type) =>
        type == typeof(bool) ? argument.Number != 0 ? "true" : "false"
        : type == typeof(string) ? $"nameof({argument.Text})"
        : type == typeof(string[]) ? string.Join(", ", argument.Texts.Select(t => $"nameof({t})"))
        : type == typeof(int[]) ? string.Join(", ", argument.Numbers.Select(Number))
        : type.IsEnum ? $"{type.Name}.{argument.Text}"
        : Number(argument.Number);

    private static string Number(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
