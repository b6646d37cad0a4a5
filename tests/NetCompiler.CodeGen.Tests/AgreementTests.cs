using System.Collections.Concurrent;
using System.Reflection;
using NetCompiler.Compiler;
using NetCompiler.Compiler.Model;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Generated code against the interpreter: every case, instruction path and batch.</summary>
public abstract class AgreementTests(string family)
{
    private static readonly ConcurrentDictionary<string, Lazy<byte[]>> s_bytes = [];

    private static readonly ConcurrentDictionary<string, Lazy<Assembly>> s_generated = [];

    // Wider paths than the processor has run in software, which covers AVX-512 on processors without it; a run that plays another processor
    // is there for the path of that one alone.
    private static readonly InstructionPath[] s_paths =
        Environment.GetEnvironmentVariable("NETCOMPILER_TEST_PATH") is { } path ? [Enum.Parse<InstructionPath>(path)]
        : System.Runtime.Intrinsics.Vector256.IsHardwareAccelerated ? [InstructionPath.Vector128, InstructionPath.Vector256, InstructionPath.Vector512]
        : [InstructionPath.Vector128];

    /// <summary>The generated code of a family.</summary>
    public static Assembly Generated(string family) =>
        s_generated.GetOrAdd(family, f => new(() => InMemory.Load(Bytes(f)))).Value;

    /// <summary>The same as a file's bytes.</summary>
    public static byte[] Bytes(string family) => s_bytes.GetOrAdd(family, f => new(() => InMemory.Kept(f, () => InMemory.Compile(Cases.Families[f])))).Value;

    public static TheoryData<string> NamesOf(string family) => [.. Cases.Families[family].Select(c => c.Name)];

    internal static IReadOnlyList<InstructionPath> Paths => s_paths;

    /// <summary>The text of a network's kernels.</summary>
    internal static string Kernels(NetworkSpec spec) => Pipeline.Compile(spec).Files.Single(f => !f.IsFace).Text;

    /// <summary>The network of that name in the family.</summary>
    protected NetworkSpec Case(string name) => Cases.Families[family].Single(c => c.Name == name);

    protected void Agrees(string name, params int[] batches)
    {
        var runner = new Runner(Case(name), Generated(family));
        foreach (var batch in batches) runner.Check(batch, s_paths);
    }
}

public sealed class FeaturesAgree() : AgreementTests("Features")
{
    public static TheoryData<string> Names => NamesOf("Features");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class ActivationsAgree() : AgreementTests("Activations")
{
    public static TheoryData<string> Names => NamesOf("Activations");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class LossesAgree() : AgreementTests("Losses")
{
    public static TheoryData<string> Names => NamesOf("Losses");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class ConvolutionsAgree() : AgreementTests("Convolutions")
{
    public static TheoryData<string> Names => NamesOf("Convolutions");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class ResizingAgrees() : AgreementTests("Resizing")
{
    public static TheoryData<string> Names => NamesOf("Resizing");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class NormalisationAgrees() : AgreementTests("Normalisation")
{
    public static TheoryData<string> Names => NamesOf("Normalisation");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class ViewsAgree() : AgreementTests("Views")
{
    public static TheoryData<string> Names => NamesOf("Views");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class SequencesAgree() : AgreementTests("Sequences")
{
    public static TheoryData<string> Names => NamesOf("Sequences");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class StripsAgree() : AgreementTests("Strips")
{
    public static TheoryData<string> Names => NamesOf("Strips");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class TimeAgrees() : AgreementTests("Time")
{
    public static TheoryData<string> Names => NamesOf("Time");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class AudioAgrees() : AgreementTests("Audio")
{
    public static TheoryData<string> Names => NamesOf("Audio");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class GraphsAgree() : AgreementTests("Graphs")
{
    public static TheoryData<string> Names => NamesOf("Graphs");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class MapsAgree() : AgreementTests("Maps")
{
    public static TheoryData<string> Names => NamesOf("Maps");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class ProductsAgree() : AgreementTests("Products")
{
    public static TheoryData<string> Names => NamesOf("Products");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class RecurrentAgrees() : AgreementTests("Recurrent")
{
    public static TheoryData<string> Names => NamesOf("Recurrent");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class TrainingAgrees() : AgreementTests("Training")
{
    public static TheoryData<string> Names => NamesOf("Training");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 7, 33);
}

public sealed class CustomLossesAgree() : AgreementTests("Custom")
{
    public static TheoryData<string> Names => NamesOf("Custom");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);
}

public sealed class ExamplesAgree() : AgreementTests("Examples")
{
    [Theory]
    [InlineData("Mlp", 1, 33)]
    [InlineData("ResidualDigits", 1, 9)]
    [InlineData("Autoencoder", 2, 9)]
    [InlineData("ResNet20", 2, 2)]
    public void With_the_interpreter(string name, int small, int large) => Agrees(name, [.. new[] { small, large }.Distinct()]);
}
