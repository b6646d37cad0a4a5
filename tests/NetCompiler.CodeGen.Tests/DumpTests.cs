using NetCompiler.Compiler;
using NetCompiler.Compiler.Tests;
using Snapshooter.Xunit;

namespace NetCompiler.CodeGen.Tests;

/// <summary>
/// What the compiler makes of a small network, stage by stage, as snapshots under <c>__snapshots__</c>: a change of any stage shows
/// in review as a change of text.
/// </summary>
public sealed class DumpTests
{
    [Fact]
    public void Every_stage_can_be_read()
    {
        var spec = Cases.Named("Tiny", Declare.Chain(Declare.Loss("MeanSquaredError"), Declare.Input(3), Declare.Dense(2), Declare.L("Tanh")));
        var dump = Pipeline.Dump(spec);
        foreach (var stage in new[] { "graph", "predict: lowered", "train: autodiff", "train: planned", "scheduled" }) Assert.Contains($"=== {stage} ===", dump, StringComparison.Ordinal);
        Snapshot.Match(dump, "Tiny.stages");
    }

    [Fact]
    public void Generated_files_are_as_reviewed()
    {
        var spec = Cases.Named("Tiny", Declare.Chain(Declare.Loss("MeanSquaredError"), Declare.Input(3), Declare.Dense(2), Declare.L("Tanh")));
        foreach (var file in Pipeline.Compile(spec).Files) Snapshot.Match(file.Text, file.HintName);
    }
}
