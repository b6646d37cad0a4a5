using System.Text.RegularExpressions;
using NetCompiler.Compiler;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Results that are only copied to a part of a larger value are computed there. That they are right, <see cref="AgreementTests"/> says.</summary>
public sealed partial class InPlaceTests
{
    [Fact]
    public void Gradients_of_queries_keys_and_values_are_parts_of_one_projections()
    {
        var plan = Plan(Chain(Loss("MeanSquaredError"), Input(32, 32), L("SelfAttention", ("Heads", 2))), "train: planned");
        var places = Nests(plan).Where(n => n.Kind == "Sum" && n.Owner.EndsWith("SelfAttention projection bias", StringComparison.Ordinal)).Select(n => n.Place).ToList();
        Assert.Equal(3, places.Count);
        Assert.Single(places.Distinct());
        Assert.DoesNotContain(Nests(plan), n => n.Kind == "Store" && n.Owner.EndsWith("projection bias", StringComparison.Ordinal) && n.Owner.StartsWith("gradient", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ConcatOfChains", false)]
    [InlineData("ConcatOfChainsPadded", true)] // the zeros around it are the copies' to write
    public void What_a_concatenation_puts_side_by_side_is_computed_there(string name, bool copies) =>
        Assert.Equal(copies, Nests(Plan(Cases.Families["Graphs"].Single(c => c.Name == name), "predict: planned")).Any(n => n.Owner.Contains("Concat part", StringComparison.Ordinal)));

    private static string Plan(NetworkSpec network, string stage)
    {
        var text = "";
        Pipeline.Compile(network, (name, dump) => text = name == stage ? dump() : text);
        return text;
    }

    private static IEnumerable<(string Owner, string Kind, string Place)> Nests(string plan)
    {
        var owner = "";
        foreach (var line in plan.Split('\n'))
        {
            if (Unit().Match(line) is { Success: true } unit) owner = unit.Groups[1].Value;
            if (Nest().Match(line) is { Success: true } nest) yield return (owner, nest.Groups[1].Value, nest.Groups[2].Value);
        }
    }

    [GeneratedRegex("^  unit (.*) axis ")]
    private static partial Regex Unit();

    [GeneratedRegex(@"^    %\d+\[.*?\] (Store|Sum) .* -> (\S+)$")]
    private static partial Regex Nest();
}
