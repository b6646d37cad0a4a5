using System.Text;

namespace NetCompiler.Generators;

/// <summary>
/// The members of a class whose declaration is wrong, without any code: so that what the user writes about the network compiles, and only
/// the real fault shows. A block has such members always: it is a pattern and is never made.
/// </summary>
internal static class ErrorFace
{
    // The public members of Emission/FaceEmitter.cs. INetwork's other members are explicit there too, so that their names stay the user's.
    private static readonly (string Name, string Declaration)[] s_members =
    [
        ("InputSize", "public const int InputSize = 1;"),
        ("OutputSize", "public const int OutputSize = 1;"),
        ("ParameterCount", "public const int ParameterCount = 1;"),
        ("Summary", "public const string Summary = \"\";"),
        ("Parameters", "public global::NetCompiler.ParameterCollection Parameters => throw Fault;"),
        ("InstructionPath", "public global::NetCompiler.InstructionPath InstructionPath { get => throw Fault; set => throw Fault; }"),
        ("Threads", "public int Threads { get => throw Fault; set => throw Fault; }"),
        ("KeepOutputs", "public bool KeepOutputs { get => throw Fault; set => throw Fault; }"),
        ("Forward", "public void Forward(Spans) => throw Fault;"),
        ("Save", "public void Save(string path) => throw Fault;"),
        ("Save", "public void Save(global::System.IO.Stream stream) => throw Fault;"),
        ("Load", "public static Self Load(string path) => throw Fault;"),
        ("Load", "public static Self Load(global::System.IO.Stream stream) => throw Fault;"),
        ("LoadParameters", "public global::NetCompiler.LoadResult LoadParameters(string path, global::NetCompiler.LoadOptions? options = null) => throw Fault;"),
        ("LoadParameters", "public global::NetCompiler.LoadResult LoadParameters(global::System.IO.Stream stream, global::NetCompiler.LoadOptions? options = null) => throw Fault;"),
    ];

    // Those of a network that names a file of weights.
    private static readonly (string Name, string Declaration)[] s_weightsMembers =
    [
        ("Pretrained", "public static Self Pretrained => throw Fault;"),
        ("LoadPretrained", "public static Self LoadPretrained() => throw Fault;"),
    ];

    private static readonly string[] s_explicit =
    [
        "static global::NetCompiler.NetworkDescription Contract.Description => throw Fault;",
        "static Self Contract.Create(long seed) => throw Fault;",
        "global::NetCompiler.NetworkState Contract.State => throw Fault;",
        "global::NetCompiler.ParameterCollection Contract.Parameters => throw Fault;",
        "global::NetCompiler.InstructionPath Contract.InstructionPath { get => throw Fault; set => throw Fault; }",
        "void Contract.ForwardAll(global::System.ReadOnlySpan<float> inputs, global::System.Span<float> outputs) => throw Fault;",
        "static void Contract.RunForward(global::NetCompiler.InstructionPath path, in global::NetCompiler.ForwardFrame frame, nint begin, nint end) => throw Fault;",
        "static void Contract.RunTraining(global::NetCompiler.InstructionPath path, int phase, in global::NetCompiler.TrainingFrame frame, int begin, int end) => throw Fault;",
    ];

    // What the network's own part of the code calls by short names: private methods and fields. Everything else there has its full name.
    private static readonly HashSet<string> s_hiddenMethods = new(StringComparer.Ordinal)
    {
        "OpenPretrained", "OpenWeights", "ForwardFloats", "ForwardCore", "ForwardKeepingCore", "ForwardPart", "TrainCore", "StepCore", "StepBlockCore",
        "PreparePredict", "PreparePredictKeeping", "PrepareStep", "PrepareStepBlock",
    };

    private static readonly HashSet<string> s_hiddenFields = new(StringComparer.Ordinal) { "__state", "__pretrained" };

    // What a network has in addition that runs step by step (Emission/StepFace.cs).
    private static readonly HashSet<string> s_stepNames = new(StringComparer.Ordinal) { "State", "CreateState", "Step", "Prefill", "StepInputSize", "StepOutputSize" };

    /// <summary>Whether the compiler adds a member of that name to a network, or needs the name for itself.</summary>
    public static bool IsAdded(string name, bool hasWeights) => IsPublic(name, hasWeights) || s_hiddenFields.Contains(name) || s_hiddenMethods.Contains(name);

    /// <summary>Whether the compiler adds a public member of that name to a network.</summary>
    public static bool IsPublic(string name, bool hasWeights) => Members(hasWeights).Any(m => m.Name == name);

    /// <summary>Whether it adds a member of that name to a network that runs step by step.</summary>
    public static bool IsStepName(string name) => s_stepNames.Contains(name);

    /// <summary>Whether that member is a method, which may have more overloads.</summary>
    public static bool IsAddedMethod(string name, bool hasWeights) => Members(hasWeights).Any(m => m.Name == name && m.Declaration.Contains(name + "(")) || s_hiddenMethods.Contains(name);

    private static IEnumerable<(string Name, string Declaration)> Members(bool hasWeights) => hasWeights ? s_members.Concat(s_weightsMembers) : s_members;

    /// <summary>The file; null if nothing can be added to the class.</summary>
    public static string? Write(Shell shell)
    {
        if (!shell.CanExtend) return null;
        var text = new StringBuilder();
        var depth = 0;
        Line("// <auto-generated/>");
        Line(shell.IsBlock ? "// A block is a pattern for networks: it has no layers of its own." : "// The declaration is faulty: see the errors of the build. These members only keep other code compiling.");
        Line("#nullable enable");
        Line("#pragma warning disable");
        if (shell.Namespace.Length > 0) Open("namespace " + shell.Namespace);
        for (var i = 0; i < shell.Headers.Count; i++)
        {
            var isLast = i == shell.Headers.Count - 1;
            if (isLast && shell.IsForSomeLanguages) Line("[global::System.CLSCompliant(false)]");
            if (isLast && shell.IsBlock)
                Line("[global::System.Diagnostics.CodeAnalysis.SuppressMessage(\"Performance\", \"CA1812\", Justification = \"A block is a pattern, and never made.\")]");
            Open(shell.Headers[i] + (isLast && !shell.IsBlock && !shell.IsStatic ? $" : global::NetCompiler.INetwork<{shell.Name}>" : ""));
        }

        foreach (var property in shell.Properties)
            Line(property.Signature + " { " + string.Concat(property.Accessors.Select(a => $"{a} => {Throw(shell)}; ")) + "}");
        if (!shell.IsBlock) WriteMembers(shell, Line);
        while (depth > 0) Close();
        return text.ToString();

        void Line(string line) => text.Append(' ', 4 * depth).Append(line).Append('\n');

        void Open(string header)
        {
            Line(header);
            Line("{");
            depth++;
        }

        void Close()
        {
            depth--;
            Line("}");
        }
    }

    private static void WriteMembers(Shell shell, Action<string> line)
    {
        var simpleName = shell.Name.Split('<')[0];
        if (!shell.IsStatic && !shell.HasConstructor) line($"[global::System.Diagnostics.CodeAnalysis.SetsRequiredMembers] public {simpleName}(long seed = 0) => {Throw(shell)};");
        foreach (var (name, declaration) in Members(shell.HasWeights))
            if (!shell.Taken.Contains(name, StringComparer.Ordinal) && (!shell.IsStatic || declaration.StartsWith("public const", StringComparison.Ordinal))) line(Fill(declaration, shell));
        if (shell.IsStatic) return;
        foreach (var declaration in s_explicit) line(Fill(declaration, shell));
    }

    private static string Fill(string declaration, Shell shell) => declaration
        .Replace("throw Fault", Throw(shell))
        .Replace("Self ", shell.Name + " ")
        .Replace("Contract.", $"global::NetCompiler.INetwork<{shell.Name}>.")
        .Replace("(Spans)", "(" + string.Join(", ", Spans("ReadOnlySpan", "input", shell.Inputs).Concat(Spans("Span", "output", shell.Outputs))) + ")");

    private static IEnumerable<string> Spans(string type, string name, int count) =>
        Enumerable.Range(1, count).Select(i => $"global::System.{type}<float> {name}{(count == 1 ? "" : i.ToString(System.Globalization.CultureInfo.InvariantCulture))}");

    private static string Throw(Shell shell) => shell.IsBlock
        ? $"throw new global::System.InvalidOperationException(\"{shell.FullName} is a block: it has layers only inside a network that uses it.\")"
        : $"throw new global::System.InvalidOperationException(\"{shell.FullName} was not compiled: see the NETC errors of the build.\")";
}
