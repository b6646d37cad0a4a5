using NetCompiler.Compiler.Model;

namespace NetCompiler.Generators.Tests;

/// <summary>What the compiler is handed for a declaration.</summary>
public sealed class SpecTests
{
    [Fact]
    public void Chain_is_one_nameless_property()
    {
        var spec = Driver.Spec(Examples.Mlp, "Mlp");
        Assert.Equal("Mlp", spec.FullName);
        Assert.True(spec.IsChain);
        Assert.Equal("SoftmaxCrossEntropy", spec.Loss!.Kind);
        Assert.Equal(["Input(Shape = 784)", "Dense(Units = 128)", "Relu", "Dense(Units = 10)"], Layers(spec.Properties[0]));
        Assert.Equal([784], spec.Properties[0].Layers[0].Ints("Shape"));
        Assert.Equal(("public", "sealed"), (spec.Accessibility, spec.Modifiers));
    }

    [Fact]
    public void Graph_keeps_properties_in_order()
    {
        var spec = Driver.Spec(Examples.ResidualDigits, "ResidualDigits");
        Assert.False(spec.IsChain);
        Assert.Equal(["Image", "Stem", "Inner", "Outer", "Joined", "Logits"], spec.Properties.Select(p => p.Name));
        Assert.Equal(["Input(Shape = 1x28x28)"], Layers(spec.Properties[0]));
        Assert.Equal(["Conv2D(Channels = 16, Kernel = 3)", "BatchNorm", "Relu"], Layers(spec.Properties[1]));
        Assert.Equal(["Add(Names = Stem, Outer)", "Relu"], Layers(spec.Properties[4]));
        Assert.All(spec.Properties, p => Assert.Equal("public", p.Accessibility));
    }

    [Fact]
    public void Blocks_are_read_once_each()
    {
        var spec = Driver.Spec(Examples.ResNet20, "ResNet20");
        Assert.Equal(["BasicBlock", "DownBlock"], spec.Blocks.Select(b => b.FullName));
        Assert.Equal(["Use(Block = BasicBlock, Repeat = 3)"], Layers(spec.Properties[2]));
        Assert.Equal(["Use(Block = DownBlock)", "Use(Block = BasicBlock, Repeat = 2)"], Layers(spec.Properties[3]));
        Assert.Equal(["Input"], Layers(spec.Blocks[0].Properties[0]));
        Assert.Equal("Conv2D(Like = X, Kernel = 3)", Layers(spec.Blocks[0].Properties[1])[3]);
        Assert.Equal(["From(Name = X)", "Conv2D(Scale = 2, Kernel = 1, Stride = 2)", "BatchNorm"], Layers(spec.Blocks[1].Properties[2]));
    }

    [Fact]
    public void A_block_has_further_inputs()
    {
        var spec = Driver.Spec("""
            [Block]
            public partial class Gate
            {
                [Input] public partial Layer X { get; }
                [Input] public partial Layer Y { get; }
                [Multiply(nameof(X), nameof(Y))] public partial Layer Z { get; }
            }

            [Network]
            public partial class Net
            {
                [Input(3)] public partial Layer A { get; }
                [Dense(3)] public partial Layer B { get; }
                [Use<Gate>(nameof(A), Repeat = 2), Use<Gate>(nameof(B))] public partial Layer C { get; }
            }
            """);
        Assert.Equal(["Use(Block = Gate, Inputs = A, Repeat = 2)", "Use(Block = Gate, Inputs = B)"], Layers(spec.Properties[2]));
        Assert.Equal(["X", "Y"], spec.Blocks[0].Properties.Where(p => p.Layers[0].Kind == "Input").Select(p => p.Name));
    }

    [Fact]
    public void Blocks_that_use_each_other_are_read_once_each()
    {
        var spec = Driver.Spec("""
            [Block] public partial class A { [Input] public partial Layer X { get; } [Use<B>] public partial Layer Y { get; } }
            [Block] public partial class B { [Input] public partial Layer X { get; } [Use<A>, Use<B>] public partial Layer Y { get; } }
            [Network, Input(3), Use<A>] public partial class Net;
            """);
        Assert.Equal(["A", "B"], spec.Blocks.Select(b => b.FullName));
    }

    [Fact]
    public void Enums_constants_numbers_and_flags()
    {
        var spec = Driver.Spec("""
            static class Sizes { public const int Width = 4 * 8; }
            [Network(Loss = Loss.Huber, HuberDelta = 0.5, KeepOutputs = true)]
            [Input(Sizes.Width, 9, 9), Conv2D(8, Padding = Padding.Valid, Bias = false, KernelHeight = 5), Upsample(2, Mode = UpsampleMode.Bilinear),
             LeakyRelu(0.2), Dropout(0.25), Softmax(Axis = -1), Dropout]
            public partial class Net;
            """);
        Assert.Equal(
            [
                "Input(Shape = 32x9x9)", "Conv2D(Channels = 8, Padding = Valid, Bias = 0, KernelHeight = 5)", "Upsample(Factor = 2, Mode = Bilinear)",
                "LeakyRelu(Slope = 0.2)", "Dropout(Rate = 0.25)", "Softmax(Axis = -1)", "Dropout",
            ],
            Layers(spec.Properties[0]));
        Assert.Equal(("Huber", 0.5), (spec.Loss!.Kind, spec.Loss.Number("HuberDelta", 1)));
        Assert.Single(spec.Loss.Arguments);
        Assert.True(spec.KeepOutputs);
    }

    [Fact]
    public void Functions_and_products_of_several_layers()
    {
        var spec = Driver.Spec("""
            [Network]
            public partial class Net
            {
                [Input(4, 4)] public partial Layer X { get; }
                [Map(nameof(Square)), Dense(4)] public partial Layer Y { get; }
                [Map(nameof(Mix), nameof(Y), nameof(X), nameof(Y))] public partial Layer Z { get; }
                [Map(nameof(Square), nameof(X))] public partial Layer W { get; }
                [MatMul(nameof(Z), nameof(W), TransposeB = true)] public partial Layer V { get; }
                private static float Mix(float a, float b, float c)
                {
                    var both = b * c;
                    return a > both ? Minus(c, a) : both;
                }

                private static float Minus(float a, float b) => a - b;
                private static float Square(float x) => x * x;
            }
            """);
        Assert.Equal(["Map(Function = Square)", "Dense(Units = 4)"], Layers(spec.Properties[1]));
        Assert.Equal(["Map(Function = Mix, Names = Y, X, Y)"], Layers(spec.Properties[2]));
        Assert.Equal(["Map(Function = Square, Names = X)"], Layers(spec.Properties[3]));
        Assert.Equal(["MatMul(A = Z, B = W, TransposeB = 1)"], Layers(spec.Properties[4]));
        Assert.Equal(
            [new FunctionSpec("Square", 1, "(mul x0 x0)"), new FunctionSpec("Mix", 3, "(select (gt x0 (mul x1 x2)) (sub x2 x0) (mul x1 x2))")],
            spec.Functions);
    }

    [Fact]
    public void Nested_internal_and_namespaced()
    {
        var spec = Driver.Spec("""
            namespace Some.Place;
            internal partial struct Outer
            {
                partial interface IMiddle
                {
                    [Network]
                    private protected partial class Net
                    {
                        [Input(3)] internal partial Layer A { get; }
                        [Output, Dense(2)] protected internal partial Layer B { get; }
                        [Output, From(nameof(A)), Dense(2)] partial Layer C { get; }
                    }
                }
            }
            """.Replace("private protected", "private", StringComparison.Ordinal));
        Assert.Equal("Some.Place.Outer.IMiddle.Net", spec.FullName);
        Assert.Equal([new ContainingType("Outer", "struct"), new ContainingType("IMiddle", "interface")], spec.ContainingTypes);
        Assert.Equal(["internal", "protected internal", ""], spec.Properties.Select(p => p.Accessibility));
        Assert.Equal([false, true, true], spec.Properties.Select(p => p.IsOutput));
        Assert.Equal("private", spec.Accessibility);
        Assert.Null(spec.Loss);
    }

    [Fact]
    public void Every_attribute_is_a_layer_that_the_compiler_knows()
    {
        var kinds = typeof(LayerAttribute).Assembly.GetTypes().Where(t => t is { IsAbstract: false } && t.IsAssignableTo(typeof(LayerAttribute)))
            .Select(t => t.Name.Split('`')[0].Replace("Attribute", "", StringComparison.Ordinal)).Where(k => k is not ("From" or "Use" or "TiedTo"));
        Assert.Equal(NetCompiler.Compiler.Graph.LayerRules.Known.Select(r => r.Kind).Order(StringComparer.Ordinal), kinds.Order(StringComparer.Ordinal));
    }

    private static string[] Layers(PropertySpec property) => [.. property.Layers.Select(l => l.ToString())];
}
