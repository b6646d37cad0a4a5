using NetCompiler.Compiler.Emission;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Emission.CodeWriter;

namespace NetCompiler.Compiler.Weights;

/// <summary>
/// The step beside the compiler's stages: finds the file that a network names, checks it against the declaration, and writes the code that
/// hands its place in the assembly to the library. It runs again when the file's header changes, and then alone.
/// </summary>
internal static class WeightsStage
{
    public static WeightsResult Run(WeightsRequest request, IReadOnlyCollection<WeightsFile> files)
    {
        var spec = request.Spec;
        var source = SourceKey.WeightsOf(spec.FullName);
        var faults = new List<DiagnosticInfo>();
        var file = WeightsMatch.Find(spec.Weights!, source, files, out var fault);
        if (fault is not null) faults.Add(fault);
        if (file is not null) faults.AddRange(Check(request, file, source));
        return new(new GeneratedFile(spec.FullName + ".Weights.g.cs", Write(request, faults.Count == 0 ? file : null), IsFace: false), faults.ToEquatableArray());
    }

    private static IEnumerable<DiagnosticInfo> Check(WeightsRequest request, WeightsFile file, SourceKey source)
    {
        var (name, network) = (request.Spec.Weights!, request.Spec.FullName);
        if (file.Problem.Length > 0) return [Fault(Diagnostics.WeightsUnreadable, name, file.Problem)];
        if (file.IsPacked)
        {
            var whole = file.Tensors[0];
            var fits = file.Layout == request.Layout && whole.Type == "F32" && whole.Shape.Count == 1 && whole.Shape[0] == (long)request.StorageLength + WeightsFile.Slack;
            return fits ? [] : [Fault(Diagnostics.WeightsLayout, name, network)];
        }

        var places = Places(request, file);
        var parameters = request.Parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);
        var pairs = request.Parameters.Where(places.ContainsKey).Select(p => (Parameter: p, Tensor: places[p])).ToList();
        HashSet<WeightsTensor> used = [.. places.Values];
        var faults = new List<DiagnosticInfo>();
        Add(Diagnostics.WeightsMissing, request.Parameters.Where(p => !places.ContainsKey(p)).Select(p => $"'{p.Name}' {p.ShapeText}"), list => [name, list, network]);
        Add(Diagnostics.WeightsShape, pairs.Where(p => p.Tensor.ShapeText != p.Parameter.ShapeText).Select(p => $"'{p.Parameter.Name}' is {p.Tensor.ShapeText}, but must be {p.Parameter.ShapeText}"), list => [name, network, list]);
        Add(Diagnostics.WeightsType, pairs.Where(p => p.Tensor.Type is not ("F32" or "F16" or "BF16" or "F64")).Select(p => $"'{p.Parameter.Name}' is {p.Tensor.Type}"), list => [name, list]);
        Add(Diagnostics.WeightsUnknown, file.Tensors.Where(t => !used.Contains(t) && !IsBatchCounter(t, parameters)).Select(t => $"'{t.Name}' {t.ShapeText}"), list => [name, list, network]);
        return faults;

        DiagnosticInfo Fault(DiagnosticKind kind, params string[] arguments) => DiagnosticInfo.Of(kind.Id, source, arguments);

        void Add(DiagnosticKind kind, IEnumerable<string> items, Func<string, string[]> arguments)
        {
            if (Listing.Of(items) is { Length: > 0 } list) faults.Add(Fault(kind, arguments(list)));
        }
    }

    /// <summary>The tensor of each parameter that the file has: under its name or, of a tied one, another of its names.</summary>
    private static Dictionary<WeightsParameter, WeightsTensor> Places(WeightsRequest request, WeightsFile file)
    {
        var tensors = file.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        var places = new Dictionary<WeightsParameter, WeightsTensor>();
        foreach (var parameter in request.Parameters)
            if (parameter.OtherNames.Prepend(parameter.Name).FirstOrDefault(tensors.ContainsKey) is { } found) places.Add(parameter, tensors[found]);
        return places;
    }

    /// <summary>PyTorch counts a normalisation's minibatches in a tensor of its own, which nothing here depends on.</summary>
    private static bool IsBatchCounter(WeightsTensor tensor, Dictionary<string, WeightsParameter> parameters)
    {
        const string Counter = ".num_batches_tracked";
        return tensor.Type == "I64" && tensor.Name.EndsWith(Counter, StringComparison.Ordinal)
            && parameters.ContainsKey(tensor.Name.Substring(0, tensor.Name.Length - Counter.Length) + ".running_mean");
    }

    private static string Write(WeightsRequest request, WeightsFile? file)
    {
        var spec = request.Spec;
        var code = new CodeWriter();
        using (code.Open($"partial class {spec.Name}"))
        {
            if (file is not null) code.Line($"// {OneLine(file.Resource)}: {file.Length} bytes{(file.IsPacked ? ", packed as the network's memory" : "")}.");
            using (code.Open($"static partial void OpenWeights(ref {Library}EmbeddedWeights? weights)"))
            {
                if (file is null)
                {
                    code.Line($"throw new global::System.InvalidOperationException({Text($"{spec.FullName} has no weights: see the NETC errors of the build.")});");
                }
                else
                {
                    code.Line($"weights = {Library}EmbeddedWeights.Open(typeof({spec.Name}), {Text(file.Resource)}, {Number(file.Length)},");
                    code.Line("[");
                    foreach (var line in Tensors(request, file)) code.Line("\t" + line);
                    code.Line("]);");
                }
            }
        }

        var text = new CodeWriter();
        text.Line("// <auto-generated/>");
        text.Line("#nullable enable");
        text.Line();
        NetworkEmitter.WriteType(text, spec, code.ToString());
        return text.ToString();
    }

    private static IEnumerable<string> Tensors(WeightsRequest request, WeightsFile file)
    {
        if (file.IsPacked) return [$"new({Text("F32")}, {Number(file.Tensors[0].Begin)}) {{ IsStorage = true }},"];
        var places = Places(request, file);
        return request.Parameters.Select(p => $"new({Text(places[p].Type)}, {Number(places[p].Begin)}), // {p.Name}");
    }
}
