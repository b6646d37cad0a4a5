using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Graph;

/// <summary>
/// All that the compiler knows of one layer: its output's shape, its parameters, and its lowering to primitives. One
/// small class for each layer, in <c>Lowering/</c>; nothing else in the compiler knows a layer's name.
/// </summary>
public abstract class LayerRule
{
    /// <summary>The attribute's name without "Attribute".</summary>
    public abstract string Kind { get; }

    /// <summary>Takes no layer: what the network is given.</summary>
    public virtual bool IsInput => false;

    /// <summary>The layers that it names as its inputs, in order, instead of taking the one before it (Add, Multiply, Concat, MatMul, Map); null: it takes the one before it.</summary>
    public virtual string[]? NamedInputs(LayerSpec spec) => null;

    /// <summary>How many layers it names at least, if it names its inputs.</summary>
    public virtual int LeastNames => 2;

    /// <summary>Whether its numbers may be infinite.</summary>
    public virtual bool TakesInfinity => false;

    /// <summary>Properties that the layer names as inputs beside the one before it; they come after it.</summary>
    public virtual IEnumerable<string> FurtherInputs(LayerSpec spec) => [];

    /// <summary>
    /// Gives the output's shape and declares parameters, or reports what is wrong through <see cref="LayerContext.Report"/> and returns null.
    /// </summary>
    public abstract int[]? Infer(LayerContext context);

    /// <summary>
    /// Whether a sequence can go through the layer row by row, each row of the result depending on rows up to it. Asked of layers that have a sequence
    /// [T, ...] as an input; the others are the same for each step.
    /// </summary>
    public virtual bool CanStep(LayerNode node) => false;

    /// <summary>Keeps something from row to row.</summary>
    public virtual bool IsStateful(LayerNode node) => false;

    /// <summary>Goes through a sequence step by step, so that a training step may begin with the state that the one before ended with.</summary>
    public virtual bool IsRecurrent => false;

    /// <summary>Its elements are between 0 and 1, of any input.</summary>
    public virtual bool GivesProbabilities => false;

    /// <summary>Its elements are those of its inputs, in other places.</summary>
    public virtual bool OnlyMoves => false;

    /// <summary>Rows that it takes for each one that it gives.</summary>
    public virtual int StepStride(LayerNode node) => 1;

    /// <summary>Writes the layer as primitives; the result's shape is what <see cref="Infer"/> gave.</summary>
    public abstract Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs);
}

/// <summary>What a layer rule sees while shapes are inferred.</summary>
public sealed class LayerContext(LayerNode node, int[][] inputShapes, Action<DiagnosticInfo> report, Func<string, int[]?> shapeOf, Func<string, FunctionSpec?> functionOf)
{
    public LayerSpec Spec => node.Spec;

    public int[][] InputShapes { get; } = inputShapes;

    public int[] Input => InputShapes[0];

    /// <summary>Declares that the layer, an input, holds whole numbers: as large as a float can hold exactly, unless a layer that takes them says less.</summary>
    public void HoldsNumbers() => node.Limit = LargestNumber + 1;

    /// <summary>Whole numbers up to this are exact in a float.</summary>
    internal const int LargestNumber = 1 << 24;

    /// <summary>
    /// The input is an [Input] of whole numbers, which must be below <paramref name="limit"/> (NETC0040 if it is anything else). What the
    /// network's face checks is the least limit of all who take them.
    /// </summary>
    public bool TakesNumbers(int limit, int position = 0)
    {
        if (node.Inputs[position] is not { Rule.IsInput: true, Limit: > 0 } input)
        {
            Report("NETC0040", node.Spec.Kind);
            return false;
        }

        input.Limit = Math.Min(input.Limit, limit);
        return true;
    }

    /// <summary>The shape of another layer of the same network or block, by its property's name (for <c>Like</c>); null if unknown.</summary>
    public int[]? ShapeOf(string property) => shapeOf(property);

    /// <summary>The user's pointwise function of that name.</summary>
    public FunctionSpec? FunctionOf(string name) => functionOf(name);

    /// <summary>Declares a parameter; <paramref name="name"/> is PyTorch's, within the module (<c>weight</c>).</summary>
    public void Parameter(string name, int[] shape, Initializer initializer, bool isBuffer = false, bool directConvolution = false) =>
        node.Parameters.Add(new ParameterDeclaration(node.NameOf(name), shape.ToEquatableArray(), initializer, isBuffer)
        {
            DirectConvolution = directConvolution,
        });

    public void Report(string id, params string[] arguments) => report(DiagnosticInfo.Of(id, node.Source, arguments));
}

/// <summary>One layer of the network, with blocks expanded and shapes known.</summary>
public sealed class LayerNode(LayerSpec spec, string path, SourceKey source)
{
    public LayerSpec Spec { get; } = spec;

    /// <summary>PyTorch's module path: <c>Stem.0</c>; empty for a layer that is itself the network.</summary>
    public string Path { get; } = path;

    public SourceKey Source { get; } = source;

    /// <summary>What people know it by: <c>Stem.0 Conv2D</c>.</summary>
    public string Title => Path.Length == 0 ? Spec.Kind : Path + " " + Spec.Kind;

    public LayerRule Rule { get; set; } = null!;

    public List<LayerNode> Inputs { get; } = [];

    public int[] Shape { get; set; } = [];

    public List<ParameterDeclaration> Parameters { get; } = [];

    /// <summary>For an input of whole numbers: they are below this; 0: floats.</summary>
    public int Limit { get; set; }

    /// <summary>In a graph of one step: the layer in the graph of the whole sequence.</summary>
    public LayerNode? Whole { get; init; }

    /// <summary>In a graph of one step or of a block of steps: the layer's rows in a block; 0: it is no sequence.</summary>
    public int BlockRows { get; init; }

    /// <summary>In a graph of one step or of a block of steps: what it takes has a row for each position, and it goes on where the step before ended. Behind the last state of a sequence nothing does.</summary>
    public bool TakesSteps { get; init; }

    /// <summary>The name within the layer of the parameter that can be tied.</summary>
    public const string Weight = "weight";

    /// <summary>The weight of another layer, which is this one's too.</summary>
    public ParameterDeclaration? TiedWeight { get; set; }

    /// <summary>Multiply-adds and other operations for one sample, counted from the primitives after lowering.</summary>
    public long Flops { get; set; }

    /// <summary>The user's pointwise functions that this layer may name, by name.</summary>
    public IReadOnlyDictionary<string, FunctionSpec> Functions { get; set; } = new Dictionary<string, FunctionSpec>(StringComparer.Ordinal);

    /// <summary>Parameters that are not another layer's.</summary>
    public IEnumerable<ParameterDeclaration> OwnParameters => Parameters.Where(p => p != TiedWeight);

    public ParameterDeclaration? FindParameter(string name) => name == Weight && TiedWeight is { } tied ? tied : Parameters.FirstOrDefault(p => p.Name == NameOf(name));

    /// <summary>The whole name of a parameter that the layer knows by its own part.</summary>
    public string NameOf(string parameter) => Path.Length == 0 ? parameter : Path + "." + parameter;
}

/// <summary>The network as layers in order of execution, every shape known.</summary>
public sealed class NetworkGraph(NetworkSpec spec)
{
    public NetworkSpec Spec { get; } = spec;

    public List<LayerNode> Nodes { get; } = [];

    public List<LayerNode> Inputs { get; } = [];

    public List<LayerNode> Outputs { get; } = [];

    /// <summary>The outputs' names, as the user knows them: the property, or Output for a chain.</summary>
    public List<string> OutputNames { get; } = [];

    /// <summary>Of a graph of one step: rows of the input that it takes; 0: the whole sequence.</summary>
    public int StepRows { get; set; }

    /// <summary>A recurrent layer that also goes backwards: the state before its first step is at the end of the sequence, which no earlier part of it knows.</summary>
    public LayerNode? BothWays => Nodes.FirstOrDefault(n => n.Rule.IsRecurrent && !n.Rule.CanStep(n));

    /// <summary>The training step takes the states that its recurrent layers begin with, and hands on those that they end with.</summary>
    public bool CarriesStates => BothWays is null && Nodes.Any(n => n.Rule.IsRecurrent);

    /// <summary>What each output is compared with, in the order of <see cref="Outputs"/>; empty for a network without a loss.</summary>
    public List<LabelInfo> Labels { get; } = [];

    /// <summary>For each property of a graph network: the layer that ends it.</summary>
    public Dictionary<string, LayerNode> Properties { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Where layers that end a property are declared: of several properties the outermost, so that of a block's result it is the property that uses the block.
    /// </summary>
    public Dictionary<LayerNode, SourceKey> Places { get; } = [];

    /// <summary>What is no error, but hardly what was meant.</summary>
    public List<DiagnosticInfo> Warnings { get; } = [];

    /// <summary>The layers whose outputs a network that keeps outputs gives out: the end of each property.</summary>
    public IReadOnlyList<LayerNode> Kept => Spec.KeepOutputs && !Spec.IsChain ? [.. Spec.Properties.Select(p => Properties[p.Name])] : [];
}

/// <summary>What one output is compared with.</summary>
/// <param name="Name">The output's name.</param>
/// <param name="Shape">Shape of one sample's labels; class numbers leave the class dimension out.</param>
/// <param name="Classes">Number of classes when labels are class numbers; 0 when they are floats.</param>
public sealed record LabelInfo(string Name, EquatableArray<int> Shape, int Classes);
