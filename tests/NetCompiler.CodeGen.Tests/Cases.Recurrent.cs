using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Recurrent layers.</summary>
public static partial class Cases
{
    private static IEnumerable<NetworkSpec> Recurrent()
    {
        foreach (var kind in new[] { "Rnn", "Gru", "Lstm" })
        {
            LayerSpec Layer(int units, params (string, object)[] arguments) => L(kind, [("Units", units), .. arguments]);
            yield return Squares(kind + "One", [1, 1], Layer(1));
            yield return Squares(kind + "OneStep", [1, 7], Layer(5));
            yield return Squares(kind + "OneUnit", [3, 4], Layer(1));
            yield return Squares(kind + "OneFeature", [6, 1], Layer(5), Dense(1));
            yield return Squares(kind + "Odd", [5, 3], Layer(17));
            yield return Squares(kind + "Wide", [4, 33], Layer(64));
            yield return Squares(kind + "Last", [7, 3], Layer(8, ("Returns", "Last")), Dense(2));
            yield return Squares(kind + "NoBias", [3, 4], Layer(6, ("Bias", false)));
            yield return Squares(kind + "Both", [5, 3], Layer(7, ("Bidirectional", true)), Dense(2));
            yield return Squares(kind + "BothLast", [5, 3], Layer(16, ("Bidirectional", true), ("Returns", "Last")));
            yield return Squares(kind + "Layers", [4, 3], Layer(9, ("Layers", 3), ("Bidirectional", true)), L("Tanh"), Dense(2));
            yield return Squares(kind + "Between", [4, 3], Dense(6), L("Tanh"), Layer(5), L("LayerNorm"), Layer(18), L("Relu"), L("Flatten"), Dense(3));
        }

        yield return Squares("RnnRelu", [5, 3], L("Rnn", ("Units", 17), ("Nonlinearity", "Relu")));
        yield return Named("LstmClasses", Chain(Loss("SoftmaxCrossEntropy"), Input(6, 5), L("Lstm", ("Units", 24)), Dense(11)));
        yield return Squares("GruAfterReshape", [30], Dense(24), L("Reshape", ("Shape", new[] { 6, 4 })), L("Gru", ("Units", 5)));
        yield return Net("LstmTwice", P("X", Input(4, 3)), P("A", L("Lstm", ("Units", 5))), P("B", From("X"), L("Gru", ("Units", 5))), P("S", Merge("Add", "A", "B"), L("Tanh")));
    }
}
