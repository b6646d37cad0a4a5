using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Emission.CodeWriter;

namespace NetCompiler.Compiler.Emission;

/// <summary>The plans of a network that runs step by step; its sequence may be too short for blocks of steps.</summary>
internal sealed record StepPlans(NetworkGraph Graph, Plan One, Plan? Block)
{
    /// <summary>Several threads can share a step.</summary>
    public bool IsShared => One.SharesLayers;
}

/// <summary>The part of a network's face that runs it step by step.</summary>
internal static class StepFace
{
    public static void Write(CodeWriter code, NetworkSpec spec, StepPlans steps, IReadOnlyList<FaceEmitter.Span> inputs, IReadOnlyList<FaceEmitter.Span> outputs)
    {
        var name = spec.Name;
        var capacity = steps.One.Program.Capacity;
        Line(code, $"What the network remembers of a sequence that it is given step by step. {(capacity > 0 ? $"It holds {capacity} steps." : "There can be any number of steps.")} One network serves any number of states, from any threads; a state is for one caller at a time.");
        using (code.Open($"public sealed class State : {Library}SequenceState"))
        {
            Line(code, "Nothing remembered yet.");
            code.Line("public State()");
            code.Line($"    : base({FaceEmitter.Description(spec)}.Steps)");
            using (code.Open(""))
            {
            }

            code.Line();
            Line(code, "A copy, which goes its own way from here.");
            using (code.Open("public State Fork()"))
            {
                code.Line("var copy = new State();");
                code.Line("copy.CopyFrom(this);");
                code.Line("return copy;");
            }
        }

        code.Line();
        Line(code, "A state that remembers nothing yet.");
        code.Line("public State CreateState() => new();");
        code.Line();
        Line(code, "Elements of one step's input (of all inputs together, when there are several).");
        code.Line($"public const int StepInputSize = {inputs.Sum(i => i.Size)};");
        code.Line();
        Line(code, "Floats of one step's output (of all outputs together, when there are several).");
        code.Line($"public const int StepOutputSize = {outputs.Sum(o => o.Size)};");
        code.Line();
        WriteStep(code, name, inputs, outputs, capacity, steps.Block is null ? ["StepCore"] : ["StepCore", "StepBlockCore"]);
        if (inputs.Count == 1 && outputs.Count == 1) WritePrefill(code, name, inputs[0], outputs[0], steps.Block is not null);
    }

    private static void WriteStep(CodeWriter code, string name, IReadOnlyList<FaceEmitter.Span> inputs, IReadOnlyList<FaceEmitter.Span> outputs, int capacity, string[] cores)
    {
        Line(code, "Takes the next step of a sequence and gives what the network makes of all steps so far. Allocates nothing.");
        code.Line("/// <param name=\"state\">What is remembered; the step is added.</param>");
        foreach (var input in inputs) code.Line($"/// <param name=\"{input.Name.TrimStart('@')}\">[{input.Size}]{(input.Limit > 0 ? $", whole numbers from 0 to {input.Limit - 1}" : "")}.</param>");
        foreach (var output in outputs) code.Line($"/// <param name=\"{output.Name.TrimStart('@')}\">[{output.Size}], written; not the memory of an input.</param>");
        FaceEmitter.WriteArgumentException(code, inputs, "; the state is as it was");
        if (capacity > 0) code.Line($"/// <exception cref=\"global::System.InvalidOperationException\">The state holds {capacity} steps already.</exception>");
        var spans = inputs.Select(i => $"global::System.ReadOnlySpan<{(i.Limit > 0 ? "int" : "float")}> {i.Name}").Concat(outputs.Select(o => $"global::System.Span<float> {o.Name}"));
        using (code.Open($"public void Step(State state, {string.Join(", ", spans)})"))
        {
            foreach (var span in inputs.Concat(outputs))
                code.Line($"{Library}ForwardArguments.CheckStep(\"{name}\", \"{span.Name.TrimStart('@')}\", {span.Name}.Length, {span.Size});");
            code.Line($"{Library}SequenceState.Begin(state);");
            Call(code, name, "StepCore", inputs, outputs);
            code.Line("state.End(1);");
        }

        if (inputs.Count == 1 && inputs[0] is { Limit: > 0, Size: 1 } && outputs.Count == 1)
        {
            code.Line();
            Line(code, "The same for one token.");
            code.Line("/// <param name=\"state\">What is remembered; the step is added.</param>");
            code.Line($"/// <param name=\"token\">From 0 to {inputs[0].Limit - 1}.</param>");
            code.Line($"/// <param name=\"output\">[{outputs[0].Size}], written.</param>");
            code.Line("public void Step(State state, int token, global::System.Span<float> output) =>");
            code.Line("    Step(state, new global::System.ReadOnlySpan<int>(in token), output);");
        }

        code.Line();
        var references = inputs.Select((_, i) => $"ref float input{i}").Concat(outputs.Select((_, i) => $"ref float output{i}"));
        foreach (var core in cores)
        {
            code.Line($"static partial void {core}({Library}NetworkState state, {Library}InstructionPath path, {string.Join(", ", references)}, ref float memory, nint turn);");
            code.Line();
        }
    }

    private static void WritePrefill(CodeWriter code, string name, FaceEmitter.Span input, FaceEmitter.Span output, bool hasBlocks)
    {
        var type = input.Limit > 0 ? "int" : "float";
        Line(code, "Takes many steps at once (a prompt), faster than one by one.");
        code.Line("/// <param name=\"state\">What is remembered; the steps are added.</param>");
        code.Line($"/// <param name=\"input\">[steps x {input.Size}].</param>");
        code.Line("public void Prefill(State state, global::System.ReadOnlySpan<" + type + "> input) => Prefill(state, input, default);");
        code.Line();
        Line(code, "The same, with what the network makes of the last step.");
        code.Line("/// <param name=\"state\">What is remembered; the steps are added.</param>");
        code.Line($"/// <param name=\"input\">[steps x {input.Size}].</param>");
        code.Line($"/// <param name=\"output\">[{output.Size}], the last step's, written; or empty.</param>");
        FaceEmitter.WriteArgumentException(code, [input], "; the state is as it was");
        code.Line("/// <exception cref=\"global::System.InvalidOperationException\">The state does not hold so many more steps; it is as it was.</exception>");
        using (code.Open($"public void Prefill(State state, global::System.ReadOnlySpan<{type}> input, global::System.Span<float> output)"))
        {
            code.Line($"var steps = {Library}ForwardArguments.Steps(\"{name}\", \"input\", input.Length, {input.Size});");
            code.Line($"if (!output.IsEmpty) {Library}ForwardArguments.CheckStep(\"{name}\", \"output\", output.Length, {output.Size});");

            // Positions are those of the whole prompt, as if it were one sample.
            if (input.Limit > 0) code.Line($"{Library}WholeNumbers.Check(\"{name}\", \"input\", input, {input.Limit}, input.Length);");
            code.Line($"{Library}SequenceState.Begin(state, steps);");
            code.Line($"var last = {Library}SequenceState.Outputs({output.Size * (hasBlocks && output.IsSequence ? Stepping.Block : 1)});");
            using (code.Open("while (steps > 0)"))
            {
                code.Line(hasBlocks ? $"var taken = steps >= {Stepping.Block} && state.HasRoomFor({Stepping.Block}) ? {Stepping.Block} : 1;" : "const int taken = 1;");
                code.Line("state.Count();");
                var values = input.Limit > 0 ? $"{Library}WholeNumbers.Convert(\"{name}\", \"input\", 0, input.Slice(0, taken * {input.Size}), {input.Limit}, {input.Size})" : $"input.Slice(0, taken * {input.Size})";
                code.Line($"ref var first = ref global::System.Runtime.InteropServices.MemoryMarshal.GetReference({values});");
                code.Line("ref var result = ref global::System.Runtime.InteropServices.MemoryMarshal.GetReference(last);");
                if (hasBlocks) code.Line($"if (taken == {Stepping.Block}) StepBlockCore(__state, InstructionPath, ref first, ref result, ref state.Reference, 0);");
                code.Line((hasBlocks ? "else " : "") + "StepCore(__state, InstructionPath, ref first, ref result, ref state.Reference, state.Turn);");
                code.Line("state.End(taken);");
                code.Line("steps -= taken;");
                code.Line($"input = input.Slice(taken * {input.Size});");
                code.Line($"if (steps == 0 && !output.IsEmpty) last.Slice({(output.IsSequence ? $"(taken - 1) * {output.Size}" : "0")}, {output.Size}).CopyTo(output);");
            }
        }

        code.Line();
    }

    private static void Call(CodeWriter code, string name, string core, IReadOnlyList<FaceEmitter.Span> inputs, IReadOnlyList<FaceEmitter.Span> outputs)
    {
        var references = inputs.Select((s, i) => s.Limit == 0 ? s.Name : $"{Library}WholeNumbers.Convert(\"{name}\", \"{s.Name.TrimStart('@')}\", {i}, {s.Name}, {s.Limit}, {s.Size})")
            .Concat(outputs.Select(o => o.Name)).Select(s => $"ref global::System.Runtime.InteropServices.MemoryMarshal.GetReference({s})");
        code.Line($"{core}(__state, InstructionPath, {string.Join(", ", references)}, ref state.Reference, state.Turn);");
    }

    /// <summary>The description that states are made from.</summary>
    public static void WriteDescription(CodeWriter file, string name, StepPlans steps)
    {
        var plan = steps.One;
        var counters = plan.Program.Counters.Select(c => $"new({plan.Storages[c.Value].Offset}, {c.Modulus}, {c.Rows})");
        var places = plan.Program.States.Select(s => Fingerprint.Line(s.Name, plan.Storages[s].Offset, plan.Layouts[s].Strides, s.Shape));
        file.Line();
        file.Line($"public static readonly {Library}SequenceDescription Steps = new({Text(name)}, {plan.StateLength}, {plan.Program.Capacity}, [{string.Join(", ", counters)}], 0x{Fingerprint.Of(places)});");
    }

    private static void Line(CodeWriter code, string summary) => code.Line($"/// <summary>{summary}</summary>");
}
