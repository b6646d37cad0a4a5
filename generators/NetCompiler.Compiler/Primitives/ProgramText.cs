using System.Globalization;
using System.Text;

namespace NetCompiler.Compiler.Primitives;

/// <summary>A program as text, for people and for snapshots: its values, then its nests.</summary>
public static class ProgramText
{
    public static string Dump(Program program)
    {
        var text = new StringBuilder();
        Line(text, $"program {program.Name}");
        var written = new HashSet<Value>(program.Nests.Select(n => n.Output.Value));
        foreach (var value in program.Values.Where(v => v.Kind != ValueKind.Intermediate && !written.Contains(v))) Line(text, $"  {Declare(value)}");
        foreach (var run in program.Nests.InRuns())
        {
            var chain = run[0].CarriedChain();
            if (chain is not null) Line(text, $"  step by step, {chain.Order.ToString().ToLowerInvariant()}:");
            foreach (var nest in run) Line(text, Dump(nest));
            if (chain is not null) Line(text, "  end of the steps");
        }

        foreach (var output in program.Outputs) Line(text, $"  output {output}");
        foreach (var output in program.ShownOutputs) Line(text, $"  shown {output}");
        if (program.Loss is { } loss) Line(text, $"  loss {loss}");
        foreach (var (buffer, value) in program.BufferUpdates) Line(text, $"  update {buffer} <- {value}");
        foreach (var pair in program.ParameterGradients) Line(text, $"  gradient {pair.Key} {pair.Key.Name}: {pair.Value}");
        for (var i = 0; i < program.InputGradients.Count; i++) Line(text, $"  gradient {program.Inputs[i]} {program.Inputs[i].Name}: {program.InputGradients[i]}");
        return text.ToString();
    }

    public static string Dump(Nest nest)
    {
        var loops = string.Join(" ", nest.Indices.Select(i => $"{i.Name}<{Number(i.Extent)}"));
        var guards = string.Concat(nest.Guards.Select(g => $" where 0 <= {g.Expression} < {Number(g.Upper)}"));
        var fill = nest.Fill == 0 ? "" : $" fill {nest.Fill.ToString("R", CultureInfo.InvariantCulture)}";
        return $"  {Declare(nest.Output.Value)}\n    {nest.Kind.ToString().ToLowerInvariant()} for {(nest.IsBatched ? "each sample " : "")}{loops}{guards}{fill}: {nest.Output} = {nest.Body}";
    }

    private static string Declare(Value value)
    {
        var kind = value.Kind == ValueKind.Intermediate ? "" : value.Kind.ToString().ToLowerInvariant() + " ";
        return $"{value} {kind}'{value.Name}' {(value.Batched ? "batch x " : "")}[{string.Join(", ", value.Shape.Select(Number))}]";
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
