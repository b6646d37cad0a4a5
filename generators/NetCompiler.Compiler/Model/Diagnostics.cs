namespace NetCompiler.Compiler.Model;

/// <summary>A kind of diagnostic. Each has a page <c>docs/diagnostics/ID.md</c>.</summary>
/// <param name="Id">NETC and a number.</param>
/// <param name="Title">What it is about.</param>
/// <param name="MessageFormat">What is said, with places for the arguments.</param>
/// <param name="IsWarning">The declaration means something, but hardly what was wanted: the network is compiled all the same. Otherwise it is an error.</param>
public sealed record DiagnosticKind(string Id, string Title, string MessageFormat, bool IsWarning = false);

/// <summary>Every diagnostic of the compiler and its front end.</summary>
public static class Diagnostics
{
    public static readonly DiagnosticKind ClassNotPartial = new("NETC0001", "Type must be partial", "'{0}' must be declared partial, so that its compiled code can be added to it");
    public static readonly DiagnosticKind PropertyNotPartial = new("NETC0002", "Layer property must be a partial property of type Layer", "'{0}' must be declared 'public partial Layer {0} {{ get; }}'");
    public static readonly DiagnosticKind NoInput = new("NETC0003", "Network has no input", "'{0}' has no [Input]: its first layer must be [Input(shape of one sample)], or plain [Input] in a block");
    public static readonly DiagnosticKind UnknownName = new("NETC0004", "Unknown layer name", "'{0}' is not a layer property of '{1}'");
    public static readonly DiagnosticKind LaterName = new("NETC0005", "Layer used before it is computed", "'{0}' comes after this layer or depends on it (a cycle): a layer can only take earlier properties as inputs");
    public static readonly DiagnosticKind ShapesDoNotAdd = new("NETC0006", "Shapes do not combine", "{0} needs inputs whose dimensions are alike or 1, but '{1}' is {2} and '{3}' is {4}");
    public static readonly DiagnosticKind ShapesDoNotConcat = new("NETC0007", "Shapes do not concatenate", "Concat along axis {0} needs inputs alike in all other dimensions, but '{1}' is {2} and '{3}' is {4}");
    public static readonly DiagnosticKind KernelTooLarge = new("NETC0008", "Kernel larger than its padded input", "{0}: the kernel {1} is larger than the padded input {2} (the input is {3})");
    public static readonly DiagnosticKind GroupsDoNotDivide = new("NETC0009", "Groups do not divide the channels", "{0}: {1} groups do not divide {2} {3} channels");
    public static readonly DiagnosticKind SizeNotPositive = new("NETC0010", "Size must be positive", "{0}: {1} is {2}, but must be at least 1");
    public static readonly DiagnosticKind ReshapeSize = new("NETC0011", "Reshape to another size", "Reshape from {0} ({1} elements) to {2} ({3} elements): the number of elements must stay the same");
    public static readonly DiagnosticKind LossDoesNotFit = new("NETC0012", "Loss does not fit the output", "{0} does not fit the output {1}: {2}");
    public static readonly DiagnosticKind RecursiveBlock = new("NETC0013", "Block used inside itself", "Block '{0}' contains itself ({1}): blocks are expanded at build time and cannot recurse");
    public static readonly DiagnosticKind SeveralDeclarations = new("NETC0014", "Layers spread over several declarations", "The layers of '{0}' are spread over several partial declarations, which have no order; keep them in one");
    public static readonly DiagnosticKind FunctionUnreadable = new("NETC0015", "Function cannot be compiled into a layer", "'{0}' cannot be read as a pointwise function: {1}");
    public static readonly DiagnosticKind TooLarge = new("NETC0016", "Network too large", "'{0}' needs {1} of memory for {2}, more than the {3} that can be addressed");
    public static readonly DiagnosticKind WrongRank = new("NETC0017", "Input has the wrong number of dimensions", "{0} needs an input of shape {1}, but gets {2}");
    public static readonly DiagnosticKind BadArgument = new("NETC0018", "Argument out of range", "{0}: {1} is {2}, but must be {3}");
    public static readonly DiagnosticKind GenericType = new("NETC0019", "Network or block must be an ordinary class", "'{0}' must be an ordinary class: not generic, abstract, static, file-local or a record, nor inside a generic type");
    public static readonly DiagnosticKind NotABlock = new("NETC0020", "Type is not a block", "'{0}' is not a block: {1}");
    public static readonly DiagnosticKind NoSize = new("NETC0021", "Layer has no size", "{0} needs its number of {1}: a number, Like = nameof(layer) or Scale = factor, and only one of them");
    public static readonly DiagnosticKind MixedDeclaration = new("NETC0022", "Layers on the class and on properties", "'{0}' has layers on the class and on properties; use one form");
    public static readonly DiagnosticKind MisplacedLayer = new("NETC0023", "Layer at the wrong place", "{0} {1}");
    public static readonly DiagnosticKind TooFewInputs = new("NETC0024", "Merging layer needs inputs", "{0} needs at least two layer names, but has {1}");
    public static readonly DiagnosticKind UnknownLayer = new("NETC0025", "Layer unknown to this compiler", "{0} is not a layer that this version of the compiler knows; the library and the generator must be of one version");
    public static readonly DiagnosticKind NameTaken = new("NETC0026", "Name of a member that the compiler adds", "'{0}' is the name of a member that the compiler adds to '{1}'; choose another name");
    public static readonly DiagnosticKind KeywordName = new("NETC0027", "Name is a keyword", "'{0}' is a keyword of C#; give the network, its layers, and the types and namespaces around it other names");
    public static readonly DiagnosticKind WeightsNotFound = new("NETC0028", "Weights are not among the additional files", "'{0}' is none of the project's AdditionalFiles: {1}");
    public static readonly DiagnosticKind WeightsAmbiguous = new("NETC0029", "Several files have the name of the weights", "'{0}' is the end of several paths: {1}; name more of the path");
    public static readonly DiagnosticKind WeightsUnreadable = new("NETC0030", "Weights cannot be read", "'{0}' cannot be read as safetensors: {1}");
    public static readonly DiagnosticKind WeightsMissing = new("NETC0031", "Weights lack a parameter", "'{0}' lacks {1}, which '{2}' has");
    public static readonly DiagnosticKind WeightsShape = new("NETC0032", "Weights have another shape", "'{0}' does not fit '{1}': {2}");
    public static readonly DiagnosticKind WeightsType = new("NETC0033", "Weights have an unusable type", "'{0}' has tensors that are no floats: {1}; F32, F16, BF16 and F64 can be used");
    public static readonly DiagnosticKind WeightsUnknown = new("NETC0034", "Weights have tensors that the network has not", "'{0}' has {1}, which '{2}' has not");
    public static readonly DiagnosticKind WeightsNotEmbedded = new("NETC0035", "Weights are not embedded in the assembly", "'{0}' is not embedded in the assembly: {1}");
    public static readonly DiagnosticKind WeightsLayout = new("NETC0036", "Weights are packed for another network", "'{0}' is packed for other layers than those of '{1}', or by another version of the compiler; pack the parameters again, or save them with Save");
    public static readonly DiagnosticKind NotWholeNumbers = new("NETC0040", "Layer needs whole numbers", "{0} takes whole numbers: its input must be an [Input(..., Type = ElementType.Int32)]");
    public static readonly DiagnosticKind WeightsDoNotTie = new("NETC0041", "Weights cannot be tied", "[TiedTo] needs a weight of the same shape, but '{0}' {1} and this layer's weight is {2}");
    public static readonly DiagnosticKind BlockInputs = new("NETC0042", "Block's further inputs are not those that are named", "{0} names {1} further inputs, but the block has {2}; name a layer for each of them, in order: [Use<Block>(nameof(Memory))]");
    public static readonly DiagnosticKind Constructor = new("NETC0043", "Constructor beside the one that the compiler adds", "'{0}' cannot have {1}: the compiler adds the constructor {2}(long seed = 0), which makes the network's parameters");
    public static readonly DiagnosticKind ShapesDoNotMultiply = new("NETC0044", "Matrices do not multiply", "MatMul needs [.., n, k] and [.., k, m], alike or 1 in what comes before, but '{0}' is {1} and '{2}' is {3}");
    public static readonly DiagnosticKind LeadsNowhere = new("NETC0050", "Layer leads to no output", "'{0}' leads to no output: {1}. {2}, or take it out.", IsWarning: true);
    public static readonly DiagnosticKind LossHasActivation = new("NETC0051", "Activation that the loss has in it", "{0} comes before Loss.{1}, which takes logits and has a {2} in it already: after both the network learns badly. Take {0} out.", IsWarning: true);
    public static readonly DiagnosticKind NoEffect = new("NETC0052", "Argument without effect", "{0}: {1} has no effect {2}", IsWarning: true);
    public static readonly DiagnosticKind InternalError = new("NETC0099", "Internal compiler error", "Internal error while compiling '{0}': {1}. This is a fault of NetCompiler, not of the declaration; please report it.");

    public static IReadOnlyList<DiagnosticKind> All { get; } =
    [
        ClassNotPartial, PropertyNotPartial, NoInput, UnknownName, LaterName, ShapesDoNotAdd, ShapesDoNotConcat, KernelTooLarge, GroupsDoNotDivide,
        SizeNotPositive, ReshapeSize, LossDoesNotFit, RecursiveBlock, SeveralDeclarations, FunctionUnreadable, TooLarge, WrongRank, BadArgument,
        GenericType, NotABlock, NoSize, MixedDeclaration, MisplacedLayer, TooFewInputs, UnknownLayer, NameTaken, KeywordName,
        WeightsNotFound, WeightsAmbiguous, WeightsUnreadable, WeightsMissing, WeightsShape, WeightsType, WeightsUnknown, WeightsNotEmbedded, WeightsLayout,
        NotWholeNumbers, WeightsDoNotTie, BlockInputs, Constructor, ShapesDoNotMultiply, LeadsNowhere, LossHasActivation, NoEffect, InternalError,
    ];

    /// <summary>The ids of those that are no errors.</summary>
    public static IReadOnlyList<string> Warnings { get; } = [.. All.Where(k => k.IsWarning).Select(k => k.Id)];

    public static bool IsWarning(string id) => Warnings.Contains(id, StringComparer.Ordinal);
}
