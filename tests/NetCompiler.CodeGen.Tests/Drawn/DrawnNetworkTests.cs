using System.Globalization;
using System.Reflection;
using System.Text;
using NetCompiler.Compiler;
using NetCompiler.Compiler.Model;

namespace NetCompiler.CodeGen.Tests.Drawn;

/// <summary>
/// Networks drawn at random: the compiler takes them, the C# compiler has nothing to say to what it makes of them, and the code does what the interpreter does, on every
/// instruction path, with any number of threads, step by step. Here meet layers of which nobody has thought that they could: where units join, values share memory and strips end.
/// </summary>
/// <remarks>
/// A run takes the same few networks each time. The environment variable <c>NETCOMPILER_DRAWN</c> asks for others: <c>200</c> are the first 200 of each kind, <c>5000+200</c> those from
/// number 5000 on. A network that fails is made smaller while it fails, and printed as C#.
/// </remarks>
public sealed class DrawnNetworkTests
{
    private const int Together = 20;

    private static readonly TimeSpan s_shrinking = TimeSpan.FromSeconds(60);

    /// <summary>The usual number of networks of each kind.</summary>
    public static TheoryData<NetworkKind, int> Kinds => new() { { NetworkKind.Small, 4 }, { NetworkKind.Steps, 3 }, { NetworkKind.Medium, 2 } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void They_do_what_the_interpreter_does(NetworkKind kind, int usual)
    {
        var asked = Environment.GetEnvironmentVariable("NETCOMPILER_DRAWN")?.Split('+').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        var (first, count) = asked is null ? (0, usual) : asked.Length == 1 ? (0, asked[0]) : (asked[0], asked[1]);
        var faults = new List<string>();
        for (var at = 0; at < count; at += Together)
        {
            NetworkSpec[] specs = [.. Enumerable.Range(first + at, Math.Min(Together, count - at)).Select(seed => NetworkDraw.Draw(seed, kind))];
            var assembly = Compile(specs, asked is null ? "Drawn" + kind : null);
            foreach (var spec in specs)
                if (Fault(spec, assembly, kind) is { } fault) faults.Add(Describe(spec, fault, kind));
        }

        Assert.True(faults.Count == 0, $"{faults.Count} of {count} networks fail.\n\n{string.Join("\n\n", faults.Take(5))}");
    }

    /// <summary>All in one assembly; null: one of them is at fault.</summary>
    private static Assembly? Compile(NetworkSpec[] specs, string? keepAs)
    {
        byte[] Bytes() => InMemory.Compile(specs, [.. specs.Select(DrawnNetwork.StepSource)]);
        try
        {
            return InMemory.Load(keepAs is null ? Bytes() : InMemory.Kept(keepAs, Bytes));
        }
        catch (Exception) when (specs.Length > 1)
        {
            return null;
        }
    }

    /// <summary>The first check that fails, and how.</summary>
    private static (string Check, string Message)? Fault(NetworkSpec spec, Assembly? assembly, NetworkKind kind)
    {
        var check = "compilation";
        try
        {
            if (Pipeline.Compile(spec).Diagnostics is { Count: > 0 } diagnostics) return (check, string.Join("\n", diagnostics.Select(NetCompiler.Compiler.Tests.Declare.Message)));
            var network = new DrawnNetwork(spec, assembly ?? Compile([spec], null)!);
            foreach (var (name, run) in network.Checks(kind, [.. AgreementTests.Paths]))
            {
                check = name;
                run();
            }

            return null;
        }
        catch (Exception e)
        {
            return (check, e is Xunit.Sdk.XunitException ? e.Message : e.ToString());
        }
    }

    private static string Describe(NetworkSpec spec, (string Check, string Message) fault, NetworkKind kind)
    {
        var small = Shrinking.Run(spec, s => Fault(s, null, kind)?.Check == fault.Check, s_shrinking);
        var text = new StringBuilder($"{spec.Name} ({kind}), {fault.Check}: {fault.Message}\n\n{DeclarationText.Of(small)}");
        if (!small.Equals(spec)) text.Append(CultureInfo.InvariantCulture, $"which was\n\n{DeclarationText.Of(spec)}");
        return text.ToString();
    }
}
