using NetCompiler.Compiler.Model;

namespace NetCompiler.Compiler.Weights;

/// <summary>What the build knows of a safetensors file: its header. The numbers themselves are nobody's business here.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Resource">The name under which the assembly has it as a resource; empty: it has not.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Tensors">In order of the header.</param>
/// <param name="Layout">For a packed file: which order of a network's storage its one tensor has. Otherwise empty.</param>
/// <param name="Problem">Why it cannot be read; empty when it can.</param>
public sealed record WeightsFile(string Path, string Resource, long Length, EquatableArray<WeightsTensor> Tensors, string Layout, string Problem)
{
    /// <summary>The one tensor of a packed file: a network's whole storage, and 64 floats more, as the library's <c>SavePacked</c> writes it.</summary>
    public const string Packed = "@storage";

    /// <summary>The key in its metadata that says the order.</summary>
    public const string PackedLayout = "layout";

    /// <summary>Floats behind the storage that vector code may read, as in the library's <c>AlignedBuffer</c>.</summary>
    public const int Slack = 64;

    public bool IsPacked => Tensors.Count == 1 && Tensors[0].Name == Packed;

    public static WeightsFile Unreadable(string path, string resource, string problem) =>
        new(path, resource, 0, EquatableArray<WeightsTensor>.Empty, "", string.Join(" ", problem.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries)));
}

/// <param name="Type">The dtype of safetensors: <c>F32</c>.</param>
/// <param name="Begin">Its first byte, counted from the file's.</param>
public sealed record WeightsTensor(string Name, string Type, EquatableArray<long> Shape, long Begin)
{
    public string ShapeText => "[" + string.Join(", ", Shape) + "]";
}

/// <summary>What a network with <c>Weights</c> wants of its file: a by-product of compiling it.</summary>
/// <param name="Parameters">Parameters and buffers, in the order of the network's description.</param>
/// <param name="Layout">Which order its storage has.</param>
public sealed record WeightsRequest(NetworkSpec Spec, EquatableArray<WeightsParameter> Parameters, string Layout, int StorageLength);

public sealed record WeightsParameter(string Name, EquatableArray<int> Shape)
{
    /// <summary>Names under which a file may have it instead: those of layers that it is tied to.</summary>
    public EquatableArray<string> OtherNames { get; init; }

    public string ShapeText => "[" + string.Join(", ", Shape) + "]";
}

/// <summary>What came of looking at the file: the code that reads it, and what is wrong with it.</summary>
public sealed record WeightsResult(GeneratedFile File, EquatableArray<DiagnosticInfo> Diagnostics);
