using System.Runtime.ExceptionServices;
using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;
using NetCompiler.Compiler.Scheduling;

namespace NetCompiler.Compiler.Emission;

/// <summary>
/// The kernels of one network. Units whose kernels read the same for all three widths share one, whatever layer they belong to:
/// code grows with distinct layers, not with depth.
/// </summary>
internal sealed class KernelLibrary(string math, Action<string, Func<string>>? observe)
{
    public static readonly int[] Widths = [16, 8, 4];

    private readonly Dictionary<string, Kept> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<Unit, Kept> _ofUnits = [];
    private readonly Dictionary<int, List<(UnitForm Form, Kept Kernel)>> _forms = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public List<KernelCode> Kernels { get; } = [];

    /// <summary>For each of <see cref="Widths"/>.</summary>
    public StageLibrary[] Stages { get; } = [.. Widths.Select(_ => new StageLibrary())];

    /// <summary>Functions of the vector math class that the kernels call.</summary>
    public HashSet<(string Name, int Width)> MathFunctions { get; } = [];

    /// <summary>The kernel of a unit.</summary>
    public KernelCode Get(Unit unit, Plan plan)
    {
        if (!_ofUnits.TryGetValue(unit, out var known))
        {
            Prepare([unit], plan);
            known = _ofUnits[unit];
        }

        return known.Code!;
    }

    /// <summary>
    /// Compiles the kernels that are new among those of the units, in the order of their first units: all threads that there are compile, then the kernels are named one after
    /// the other, as if they had been compiled so.
    /// </summary>
    public void Prepare(IEnumerable<Unit> units, Plan plan)
    {
        var fresh = new List<Kept>();
        var work = new SharedWork();
        foreach (var unit in units)
        {
            if (_ofUnits.ContainsKey(unit)) continue;
            Kept kept;
            try
            {
                kept = Find(unit, plan);
            }
            catch (Exception exception)
            {
                // What was added before it may fail too, and would have failed earlier.
                work.Add(ExceptionDispatchInfo.Capture(exception).Throw);
                break;
            }

            _ofUnits.Add(unit, kept);
            if (kept.Code is not null || fresh.Contains(kept)) continue;
            fresh.Add(kept);
            for (var w = 0; w < Widths.Length; w++)
            {
                var width = w;
                work.Add(() => kept.Compiled![width] = Compile(kept.Flat, kept.Names, Widths[width]));
            }
        }

        work.Finish();
        foreach (var kept in fresh) Finish(kept);
    }

    private Kept Find(Unit unit, Plan plan)
    {
        List<Value> buffers = [.. unit.Stored.Concat(unit.Consumed).Distinct()];
        var form = new UnitForm(unit, plan.Layouts, buffers, Names(unit, buffers), [.. buffers.Select(v => IsExternal(v, plan))]);
        var hash = form.Hash();
        if (!_forms.TryGetValue(hash, out var alike)) _forms[hash] = alike = [];
        foreach (var (other, kernel) in alike)
            if (UnitTwins.Are(form, other)) return kernel;
        var flat = Flat(unit, plan);
        var signature = flat.Signature(form.Names);
        if (!_known.TryGetValue(signature, out var found)) _known.Add(signature, found = new Kept(flat, form.Names));
        alike.Add((form, found));
        return found;
    }

    private void Finish(Kept kept)
    {
        var (flat, names, compiled) = (kept.Flat, kept.Names, kept.Compiled!);
        var kernel = compiled[Widths.Length - 1].Kernel;
        int rowTile = 1, splitTile = 1;
        var bodies = new string[Widths.Length];
        for (var w = 0; w < Widths.Length; w++)
        {
            var one = compiled[w];
            (rowTile, splitTile) = (TileChooser.CommonMultiple(rowTile, one.Kernel.RowTile), TileChooser.CommonMultiple(splitTile, one.Kernel.SplitTile));
            observe?.Invoke("scheduled", () => KernelText.Dump(one.Kernel, one.Width));
            MathFunctions.UnionWith(one.MathFunctions);
            bodies[w] = one.Stages.MoveTo(Stages[w], one.Text);
        }

        var parameters = string.Join(", ", names.Select(n => $"ref float {n}")
            .Concat(kernel.Numbers.Select(n => n == "seed" ? "uint seed" : KeyNames.StreamOf(n) is not null ? $"int {n}" : $"nint {n}")));
        var name = kernel.BaseName;
        for (var i = 2; !_names.Add(name); i++) name = kernel.BaseName + "_" + (char)('a' + i - 2 < 'z' ? 'a' + i - 2 : 'z') + (i > 26 ? i.ToString(System.Globalization.CultureInfo.InvariantCulture) : "");
        var code = new KernelCode(name, kernel.Title, parameters, bodies, kernel.Numbers) { RowTile = rowTile, SplitTile = splitTile, SplitExtent = flat.Split?.Extent ?? 0 };
        Kernels.Add(code);
        (kept.Code, kept.Compiled) = (code, null); // its loops are not needed any more
    }

    private CompiledKernel Compile(FlatUnit flat, string[] names, int width)
    {
        var kernel = KernelScheduler.Run(flat, width);
        KernelVerifier.Verify(kernel, flat);
        var functions = new HashSet<(string Name, int Width)>();
        var stages = new StageList();
        var text = new KernelEmitter(kernel, names, width, math, functions, stages).Write();
        if (observe is null) kernel.Body.Clear(); // all others are compiled before its turn comes, and nobody looks at it any more
        return new(kernel, width, text, functions, stages);
    }

    /// <summary>A kernel that some unit wants: first what it is made of, then what was made of it.</summary>
    private sealed class Kept(FlatUnit flat, string[] names)
    {
        public FlatUnit Flat { get; } = flat;

        public string[] Names { get; } = names;

        /// <summary>For each width.</summary>
        public CompiledKernel[]? Compiled { get; set; } = new CompiledKernel[Widths.Length];

        public KernelCode? Code { get; set; }
    }

    private sealed record CompiledKernel(Kernel Kernel, int Width, string Text, HashSet<(string Name, int Width)> MathFunctions, StageList Stages);

    /// <summary>
    /// The whole network for one sample as one kernel, if it is small; a width for which that would be too long calls the kernels of the units.
    /// </summary>
    public KernelCode? Straight(Plan plan, string name, bool isStep, Func<Unit, string> call)
    {
        if (!(isStep ? StraightLine.SuitsStep(plan) : StraightLine.Suits(plan))) return null;
        var units = plan.Phases.SelectMany(p => p.Units).ToList();
        var blocks = StraightLine.Blocks(plan);
        var hasScratch = plan.ScratchLength > 0;
        var bodies = new string[Widths.Length];
        for (var w = 0; w < Widths.Length; w++)
        {
            var body = StraightLine.Schedule(plan, units.Select(u => Flat(u, plan)), Widths[w]);
            bodies[w] = body is null
                ? (hasScratch ? $"scratch = ref Scratch.Rent({CodeWriter.Number(plan.ScratchLength)});\n" : "") + "nint first = 0;\n" + string.Join("\n", units.Select(call))
                : new KernelEmitter(new Kernel { Title = name, BaseName = name, Buffers = blocks, Numbers = isStep ? ["turn"] : [], Body = body }, [.. blocks], Widths[w], math, MathFunctions, Stages[w]).Write();
        }

        _names.Add(name);
        List<string> parameters = hasScratch ? blocks : blocks.GetRange(1, blocks.Count - 1);
        var code = new KernelCode(name, "The whole network for one sample", string.Join(", ", parameters.Select(b => "ref float " + b)) + (isStep ? ", nint turn" : ""), bodies, isStep ? ["turn"] : [])
        {
            Blocks = parameters,
            Borrows = StraightLine.Borrows(plan),
        };
        Kernels.Add(code);
        return code;
    }

    private static FlatUnit Flat(Unit unit, Plan plan) => new(unit, plan.Layouts, v => IsExternal(v, plan));

    private static bool IsExternal(Value value, Plan plan) => plan.Storages.TryGetValue(value, out var s) && s.Space is Space.Input or Space.Label or Space.Output;

    /// <summary>Parameter names for people: what is written is dst, parameters by the last part of their name, the rest src.</summary>
    private static string[] Names(Unit unit, List<Value> buffers)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. buffers.Select(value =>
        {
            var name = unit.Produced.Contains(value) || (unit.Carried is not null && unit.Stored.Contains(value)) ? "dst"
                : value.Kind is ValueKind.Parameter or ValueKind.Buffer ? Identifier(value.Name.Substring(value.Name.LastIndexOf('.') + 1))
                : value.Kind == ValueKind.Label ? "label" : value.Kind == ValueKind.State ? "kept" : value.Kind == ValueKind.InverseBatch ? "inverseBatch" : "src";
            counts[name] = counts.TryGetValue(name, out var n) ? n + 1 : 1;
            return n == 0 ? name : name + n;
        })];
    }

    private static string Identifier(string text)
    {
        var letters = new string([.. text.Where(c => c < 128 && char.IsLetterOrDigit(c))]);
        return letters.Length == 0 || char.IsDigit(letters[0]) ? "p" + letters : letters;
    }
}

/// <summary>One kernel as text: its body for each width of <see cref="KernelLibrary.Widths"/>.</summary>
internal sealed record KernelCode(string Name, string Title, string Parameters, string[] Bodies, List<string> Numbers)
{
    /// <summary>Of a whole network for one sample: the blocks of memory that are its parameters.</summary>
    public List<string> Blocks { get; init; } = [];

    /// <summary>Whether the library lends it the first of them, its working memory.</summary>
    public bool Borrows { get; init; }

    /// <summary>Of one that borrows: tensors that it has not, of those that the library hands on.</summary>
    public int MissingTensors => StraightLine.LentTensors + 2 - Blocks.Count;

    /// <summary>Samples of whole register tiles, for all widths.</summary>
    public int RowTile { get; init; } = 1;

    /// <summary>For a kernel of a part [lo, hi): what both are multiples of, for all widths, and where the last part ends (0: it computes all).</summary>
    public int SplitTile { get; init; } = 1;

    public int SplitExtent { get; init; }
}
