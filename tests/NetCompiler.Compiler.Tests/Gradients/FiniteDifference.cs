using System.Globalization;
using NetCompiler.Compiler.Autodiff;
using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Tests.Gradients;

/// <summary>
/// Checks the gradients of a training program against central differences of its loss in double precision: as
/// differentiated, after the passes, and differentiated after the passes. Every parameter and every input.
/// </summary>
public sealed class FiniteDifference
{
    public int Batch { get; init; } = 3;

    public int Seed { get; init; } = 1;

    /// <summary>Elements of each tensor that are compared.</summary>
    public int Samples { get; init; } = 40;

    public double Step { get; init; } = 1e-5;

    /// <summary>Units in the last place by which a loss is wrong; more in deep networks.</summary>
    public int Units { get; init; } = 2;

    /// <summary>Of a tensor's norm.</summary>
    public double Tolerance { get; init; } = 1e-6;

    /// <summary>Compare only every so many tensors; for networks that are slow to evaluate.</summary>
    public int EveryTensor { get; init; } = 1;

    /// <summary>Labels are class numbers below this; 0: real numbers.</summary>
    public int Classes { get; init; }

    /// <summary>The loss may depend on nothing.</summary>
    public bool MayBeFlat { get; init; }

    /// <summary>Draws the elements of a value; null, or what gives null, for the usual.</summary>
    public Func<Value, Random, double?>? Draw { get; init; }

    /// <summary>Damages the differentiated program, to see that it is noticed.</summary>
    public Func<Program, Program>? Tamper { get; init; }

    public void Check(Program program)
    {
        ProgramVerifier.Verify(program);
        var data = DrawAll(program);
        var differences = Differences(program, data);
        if (!MayBeFlat) Assert.Contains(differences, d => d.Value.Any(e => e.Slope != 0));

        var differentiated = Verified(Tamper is null ? Differentiate.Run(program) : Tamper(Differentiate.Run(program)), "autodiff");
        var simplified = PassList.Run(program);
        (string Name, Program Program)[] variants =
        [
            ("differentiated", differentiated),
            ("differentiated, then passes", PassList.Run(differentiated)),
            ("passes, differentiated, passes", PassList.Run(Verified(Differentiate.Run(simplified), "autodiff after passes"))),
        ];
        var expectedLoss = Evaluate(program, data)[program.Loss!][0];
        foreach (var (name, variant) in variants)
        {
            var run = Evaluate(variant, data);
            Assert.Equal(expectedLoss, run[variant.Loss!][0], Math.Abs(expectedLoss) * 1e-12);
            foreach (var (value, expected) in differences) Compare(name, variant, run, value, expected, Resolution(expectedLoss));
        }
    }

    /// <summary>
    /// The error of a slope when each of the two losses is wrong by <see cref="Units"/> in the last place (of what it is computed from, which is
    /// of the order of 1): nothing smaller is seen. It matters where a gradient is zero by nature (a bias before a normalisation)
    /// and both sides are rounding errors.
    /// </summary>
    private double Resolution(double loss) => Units * (Math.BitIncrement(Math.Max(loss, 1)) - Math.Max(loss, 1)) / Step;

    private static Program Verified(Program program, string stage)
    {
        ProgramVerifier.Verify(program, stage);
        return program;
    }

    private static Value? GradientOf(Program program, Value value) =>
        value.Kind == ValueKind.Input
            ? program.InputGradients[program.Inputs.IndexOf(value)]
            : program.ParameterGradients.GetValueOrDefault(value);

    private void Compare(string variant, Program program, DoubleInterpreter run, Value value, (int Element, double Slope)[] expected, double resolution)
    {
        var gradient = GradientOf(program, value) is { } g ? run[g] : new double[run.SizeOf(value)];
        var error = Math.Sqrt(expected.Sum(e => Math.Pow(e.Slope - gradient[e.Element], 2)));

        var norm = Math.Sqrt(gradient.Sum(x => x * x) * expected.Length / gradient.Length);
        norm = Math.Max(norm, Math.Sqrt(expected.Sum(e => e.Slope * e.Slope)));
        if (error < (Tolerance * norm) + (resolution * Math.Sqrt(expected.Length))) return;

        var worst = expected.OrderByDescending(e => Math.Abs(e.Slope - gradient[e.Element])).Take(5).Select(e =>
            string.Create(CultureInfo.InvariantCulture, $"  [{e.Element}] difference {e.Slope:R}, gradient {gradient[e.Element]:R}"));
        Assert.Fail(string.Create(
            CultureInfo.InvariantCulture,
            $"{variant}: the gradient of {value.Kind} '{value.Name}' is off by {error / norm:E2} of its norm {norm:E2}\n{string.Join('\n', worst)}\n{ProgramText.Dump(program)}"));
    }

    private static DoubleInterpreter Evaluate(Program program, Dictionary<Value, double[]> data)
    {
        var any = data.First(d => d.Key.Batched);
        var run = new DoubleInterpreter(program, any.Value.Length / any.Key.Length, seed: 77);
        foreach (var (value, elements) in data) run[value] = elements;
        run.Run();
        return run;
    }

    private Dictionary<Value, double[]> DrawAll(Program program)
    {
        var random = new Random(Seed);
        var data = new Dictionary<Value, double[]>();
        foreach (var value in program.Inputs.Concat(program.Labels).Concat(program.Parameters).Concat(program.States))
        {
            var elements = new double[value.Length * (value.Batched ? Batch : 1)];
            for (var e = 0; e < elements.Length; e++) elements[e] = Draw?.Invoke(value, random) ?? Usual(value, random);
            data[value] = elements;
        }

        return data;
    }

    private double Usual(Value value, Random random)
    {
        var symmetric = (random.NextDouble() * 2) - 1;
        return value.Kind switch
        {
            ValueKind.Label when Classes > 0 => random.Next(Classes),
            ValueKind.Input when value.IsInteger => random.Next(Math.Min(value.Limit, 50)),
            ValueKind.Parameter when value.Parameter!.Initializer is { Bound: > 0 } i => symmetric * i.Bound,
            ValueKind.Parameter => value.Parameter!.Initializer.Constant + (symmetric * 0.3),
            ValueKind.Buffer => 1 + (symmetric * 0.5),
            _ => symmetric * 1.5,
        };
    }

    private Dictionary<Value, (int Element, double Slope)[]> Differences(Program program, Dictionary<Value, double[]> data)
    {
        var forward = RemoveDead.Run(program);
        var run = Evaluate(forward, data);
        var random = new Random(Seed + 1);
        var result = new Dictionary<Value, (int, double)[]>();
        foreach (var value in program.Inputs.Where(i => !i.IsInteger).Concat(program.Parameters.Where(p => p.Kind == ValueKind.Parameter)).Where((_, n) => n % EveryTensor == 0))
        {
            var dependent = Dependent(forward, value);
            var elements = Enumerable.Range(0, data[value].Length).ToArray();
            random.Shuffle(elements);
            result[value] = [.. elements.Take(Samples).Select(e => (e, Slope(e)))];
            run.Run(dependent);

            double Slope(int element)
            {
                var centre = data[value][element];
                var step = Step * Math.Max(1, Math.Abs(centre));
                var (above, below) = (centre + step, centre - step);
                var (high, low) = (LossAt(above), LossAt(below));
                data[value][element] = centre;
                return (high - low) / (above - below);

                double LossAt(double x)
                {
                    data[value][element] = x;
                    run.Run(dependent);
                    return run[forward.Loss!][0];
                }
            }
        }

        return result;
    }

    /// <summary>The nests that a change of the value reaches, with all the writers of each value that they write.</summary>
    private static Nest[] Dependent(Program program, Value value)
    {
        var changed = new HashSet<Value> { value };
        foreach (var run in program.Nests.InRuns())
            if (run.Any(n => n.Reads.Any(r => changed.Contains(r.Value)))) changed.UnionWith(run.Select(n => n.Output.Value));
        return [.. program.Nests.Where(n => changed.Contains(n.Output.Value))];
    }
}
