using System.Text;
using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>Everything that a unit's kernel depends on, as text: units of one signature share one kernel, which is then scheduled once.</summary>
internal sealed partial class FlatUnit
{
    public string Signature(IReadOnlyList<string> bufferNames)
    {
        var text = new StringBuilder();
        foreach (var stage in Stages) text.Append(stage.Signature(bufferNames)).Append("\nthen\n");
        var main = Unit.Main;
        text.Append(Unit.Kind).Append('|').Append(main.Kind).Append('|').Append(main.Fill).Append('|').Append(Unit.NeedsFill).Append('|').Append(ScatterToGather.IsInjective(main))
            .Append('|').Append(Axis is null ? -1 : Indices.IndexOf(Axis)).Append('|').Append(Split is null ? -1 : Indices.IndexOf(Split)).Append(Taken is null ? "" : "t" + Indices.IndexOf(Taken)).Append('|').Append(string.Join(",", Strips.Select(s => Indices.IndexOf(s)))).Append(SumsStrips ? Unit.Continued.Contains(main.Output.Value) ? "adds" : "sums" : "").Append('|').Append(Unit.SplitBlock).Append(Unit.IsShared ? "shared" : "").Append(Unit.Carried?.Order.ToString()).Append('\n');
        foreach (var index in Indices) text.Append(index.Extent).Append(',');
        text.Append('\n');
        for (var b = 0; b < Buffers.Count; b++)
        {
            var value = Buffers[b];
            var layout = Layouts[value];
            text.Append(bufferNames[b]).Append(value.Batched ? 'b' : '-').Append(External[b] ? 'e' : '-').Append(Unit.Stored.Contains(value) ? 's' : '-').Append(layout.Length);
            if (layout.HasHalo || Unit.NeedsFill) text.Append(':').Append(layout.Origin).Append(':').Append(string.Join("x", value.Shape)).Append(':').Append(string.Join("x", layout.Strides));
            text.Append('\n');
        }

        foreach (var guard in Guards)
        {
            Write(text, guard.Expression);
            text.Append('<').Append(guard.Upper).Append(guard.IsOptional ? "?" : "").Append('\n');
        }

        text.Append(string.Concat(GuardsOutput.Select(g => g ? "o" : "i")));
        if (main.Kind == NestKind.ArgMax) Write(text, NumberOf(ReductionNumber));
        foreach (var branch in Branches)
        {
            var known = new List<Value> { main.Output.Value };
            Write(text, branch.Main.Output, known);
            Write(text, branch.Main.Body, []);
            foreach (var step in branch.Epilogues) WriteStep(step);
            if (branch.Windows is { } windows)
            {
                known.Add(windows.Place.Value);
                text.Append('\n').Append(Unit.Windows!.Nest.Kind).Append(" of ").Append(string.Join(",", Unit.Windows.Within.Select(i => Indices.IndexOf(i)))).Append(' ');
                Write(text, windows.Place, known);
                foreach (var step in windows.Epilogues) WriteStep(step);
            }

            text.Append('\n');

            void WriteStep(Step step)
            {
                text.Append('\n');
                known.Add(step.Value);
                Write(text, step.Output, known);
                Write(text, step.Body, known);
            }
        }

        return text.ToString();
    }

    private void Write(StringBuilder text, Access access, List<Value> known)
    {
        var buffer = BufferOf(access.Value);
        text.Append(buffer < 0 ? "r" + known.IndexOf(access.Value) : "#" + buffer).Append('[');
        Write(text, AddressOf(access));
        if (access.Row is { } row)
        {
            text.Append(" row ").Append(Layouts[access.Value].Strides[0]).Append(' ').Append(access.Value.Shape[0]);
            Write(text, row, []);
        }

        text.Append(']');
    }

    private void Write(StringBuilder text, Affine affine)
    {
        text.Append(affine.Constant);
        for (var i = 0; i < Indices.Count; i++)
            if (affine.Coefficient(Indices[i]) is not 0 and var c) text.Append('+').Append(c).Append('i').Append(i);
    }

    private void Write(StringBuilder text, Expr e, List<Value> known)
    {
        switch (e)
        {
            case ConstExpr c: text.Append(c.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)); return;
            case ReadExpr r: Write(text, r.Access, known); return;
            case IndexExpr i: text.Append("index "); Write(text, NumberOf(i.Index)); return;
            case RandomExpr r: text.Append("random ").Append(StreamNumber(r)).Append(' '); Write(text, NumberOf(r.Counter)); return;
            case UnaryExpr u: text.Append(u.Op); break;
            case BinaryExpr b: text.Append(b.Op); break;
            default: text.Append(e.GetType().Name); break;
        }

        text.Append('(');
        foreach (var child in e.Children)
        {
            Write(text, child, known);
            text.Append(',');
        }

        text.Append(')');
    }
}
