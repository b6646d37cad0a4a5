using System.Runtime.Intrinsics;

namespace NetCompiler.CodeGen.Tests;

/// <summary>The child process of <see cref="BudgetTests"/>: given a family of networks and the file they were compiled to, runs every kernel on the paths that this processor has.</summary>
public static class JitChild
{
    public static int Main(string[] arguments)
    {
        var family = arguments[0];
        var assembly = InMemory.Load(File.ReadAllBytes(arguments[1]));
        foreach (var spec in Cases.Families[family]) Generic.Call(typeof(JitChild), null, nameof(Run), assembly.GetType(spec.FullName)!);
        return 0;
    }

    private static void Run<T>()
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        const int Batch = 2;
        var inputs = new float[Batch * T.Description.Inputs.Sum(i => i.Length)];
        var outputs = new float[Batch * T.Description.Outputs.Sum(o => o.Length)];
        var labels = new float[Batch * T.Description.Training!.Labels.Sum(l => l.Length)];
        var paths = new List<InstructionPath> { InstructionPath.Vector128 };
        if (Vector256.IsHardwareAccelerated) paths.Add(InstructionPath.Vector256);
        if (Vector512.IsHardwareAccelerated) paths.Add(InstructionPath.Vector512);
        foreach (var path in paths)
        {
            network.InstructionPath = path;
            network.ForwardAll(inputs, outputs);
            network.ForwardAll(inputs.AsSpan(0, inputs.Length / Batch), outputs.AsSpan(0, outputs.Length / Batch));
            new ManualStep<T>(network, path, Batch, 1).Run(inputs, labels);
        }
    }
}
