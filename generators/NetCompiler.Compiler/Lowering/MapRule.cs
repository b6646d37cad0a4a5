using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>The user's own pointwise function, which the front end has read from C#: of the layer before, or of as many layers as it names.</summary>
internal sealed class MapRule : LayerRule
{
    public override string Kind => "Map";

    public override bool CanStep(LayerNode node) => Broadcast.CanStep(node);

    public override string[]? NamedInputs(LayerSpec spec) => spec.Has("Names") ? spec.Texts("Names") : null;

    public override int LeastNames => 1;

    public override int[]? Infer(LayerContext context)
    {
        var name = context.Spec.Text("Function") ?? "";
        if (context.FunctionOf(name) is not { } function)
        {
            context.Report("NETC0015", name, "the class has no static method of that name, with its source in this project, that takes and returns a float");
            return null;
        }

        if (function.Parameters == context.InputShapes.Length) return Broadcast.Infer(context);
        var (taken, given) = (Count(function.Parameters, "parameter"), Count(context.InputShapes.Length, "layer"));
        context.Report("NETC0015", name, NamedInputs(context.Spec) is null
            ? $"it has {taken}, but is given one float, that of the layer before; name a layer for each parameter, in order: [Map(nameof({name}), {Example(function.Parameters)})]"
            : $"it has {taken}, but {given} {(context.InputShapes.Length == 1 ? "is" : "are")} named; name a layer for each parameter, in order");
        return null;

        static string Count(int count, string noun) => $"{ShapeText.Of(count)} {noun}{(count == 1 ? "" : "s")}";

        // Of many parameters the first two say enough.
        static string Example(int parameters) => "nameof(A), nameof(B)" + (parameters > 2 ? ", ..." : "");
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var name = node.Spec.Text("Function")!;
        var indices = IndicesOf(node.Shape);
        var x = Broadcast.Read(inputs, indices);
        var body = ExprText.Parse(node.Functions[name].Body).Rewrite(e => e is ParameterExpr parameter ? x[parameter.Index] : null);

        // A user's function may ignore its arguments; the result still has a row for each sample.
        return builder.Store(node.Path + " " + name, node.Shape, indices, [.. indices.Select(Affine.Of)], body, batched: inputs.Any(v => v.Batched));
    }
}
