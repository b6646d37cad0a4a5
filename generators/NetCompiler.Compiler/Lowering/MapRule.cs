using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>The user's own pointwise function, which the front end has read from C#.</summary>
internal sealed class MapRule : LayerRule
{
    public override string Kind => "Map";

    public override bool CanStep(LayerNode node) => true;

    public override int[]? Infer(LayerContext context)
    {
        var name = context.Spec.Text("Function") ?? "";
        if (context.FunctionOf(name) is not { } function)
        {
            context.Report("NETC0015", name, "the class has no static method of that name, with its source in this project, that takes and returns a float");
            return null;
        }

        if (function.Parameters == 1) return context.Input;
        context.Report("NETC0015", name, $"it has {ShapeText.Of(function.Parameters)} parameters, but a layer gives it one float; Add and Multiply combine layers");
        return null;
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var name = node.Spec.Text("Function")!;
        var body = ExprText.Parse(node.Functions[name].Body);
        return builder.Pointwise(node.Path + " " + name, x => body.Rewrite(e => e is ParameterExpr ? x[0] : null), inputs[0]);
    }
}
