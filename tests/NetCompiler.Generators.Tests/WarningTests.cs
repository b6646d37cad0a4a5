using System.Text.RegularExpressions;

namespace NetCompiler.Generators.Tests;

/// <summary>What is no error, but hardly what was meant, is one warning at its place, which /*!*/ marks; the network is compiled all the same.</summary>
public sealed class WarningTests
{
    private const string LooseEnd = """
        [Network(Loss = Loss.MeanSquaredError)]
        public sealed partial class Net
        {
            [Input(3)]                      public partial Layer X { get; }
            [Dense(2), Relu]                public partial Layer /*!*/Loose { get; }
            [From(nameof(X)), Dense(2)]     public partial Layer Y { get; }
        }
        """;

    [Theory]
    [InlineData(LooseEnd)]
    [InlineData("[Network] public sealed partial class Net { [Input(3)] public partial Layer /*!*/X { get; } [Input(4)] public partial Layer Z { get; } [Dense(2)] public partial Layer Y { get; } }")]
    [InlineData("[Network] public sealed partial class Net { [Input(3)] public partial Layer X { get; } [Output, Dense(2)] public partial Layer Y { get; } [Dense(2)] public partial Layer /*!*/Z { get; } }")]
    [InlineData("""
        [Block] sealed partial class Some
        {
            [Input] public partial Layer X { get; }
            [Dense(Scale = 1)] public partial Layer /*!*/Loose { get; }
            [From(nameof(X)), Dense(Scale = 1)] public partial Layer Y { get; }
        }
        [Network, Input(3), Use<Some>(Repeat = 3), Use<Some>] public sealed partial class Net;
        """)]
    [InlineData("""
        [Block, Input, Dense(Scale = 1), Relu] sealed partial class Some;
        [Network] public sealed partial class Net
        {
            [Input(3)] public partial Layer X { get; }
            [Use<Some>(Repeat = 2)] public partial Layer /*!*/Loose { get; }
            [From(nameof(X)), Use<Some>] public partial Layer Y { get; }
        }
        """)]
    public void Layer_leads_nowhere(string source) => Warned("NETC0050", source);

    [Theory]
    [InlineData("[Network(Loss = Loss.SoftmaxCrossEntropy), Input(3), Dense(4), /*!*/Softmax] public sealed partial class Net;")]
    [InlineData("[Network(Loss = Loss.BinaryCrossEntropy), Input(3), Dense(4), /*!*/Sigmoid] public sealed partial class Net;")]
    public void Loss_has_the_activation(string source) => Warned("NETC0051", source);

    [Theory]
    [InlineData("[Network(Loss = Loss.MeanSquaredError, /*!*/LabelSmoothing = 0.1), Input(3), Dense(4)] public sealed partial class Net;")]
    [InlineData("[Network(/*!*/HuberDelta = 0.5, Loss = Loss.MeanSquaredError), Input(3), Dense(4)] public sealed partial class Net;")]
    [InlineData("[Network(/*!*/LabelSmoothing = 0.1), Input(3), Dense(4)] public sealed partial class Net;")]
    [InlineData("[Network(/*!*/KeepOutputs = true), Input(3), Dense(4)] public sealed partial class Net;")]
    [InlineData("[Network, Input(5, 3), /*!*/Lstm(4, Dropout = 0.1)] public sealed partial class Net;")]
    public void Argument_has_no_effect(string source) => Warned("NETC0052", source);

    [Theory]
    [InlineData("#pragma warning disable NETC0050", true)]
    [InlineData("#pragma warning disable", true)]
    [InlineData("#pragma warning disable CS0618, NETC0050", true)]
    [InlineData("#pragma warning disable NETC0051", false)]
    [InlineData("#pragma warning disable NETC0050\n#pragma warning restore NETC0050", false)]
    [InlineData("#pragma warning disable NETC0050\n#pragma warning restore", false)]
    [InlineData("#if SOME\n#pragma warning disable NETC0050\n#endif", false)]
    public void Pragma(string directives, bool isSilent)
    {
        var complaints = Driver.Complaints(directives + "\n" + LooseEnd);
        if (isSilent) Assert.Empty(complaints);
        else Assert.StartsWith("NETC0050", Assert.Single(complaints), StringComparison.Ordinal);
        Assert.Equal(complaints, Driver.Complaints(LooseEnd.Replace("[Dense(2), Relu]", "\n" + directives + "\n[Dense(2), Relu]", StringComparison.Ordinal)));
    }

    [Fact]
    public void Pragma_that_comes_later_turns_nothing_off() => Assert.Single(Driver.Complaints(LooseEnd + "\n#pragma warning disable NETC0050"));

    /// <summary>An error is not silenced by it: nothing was compiled.</summary>
    [Fact]
    public void Pragma_of_an_error() => Assert.Single(Driver.Complaints("#pragma warning disable\n[Network, Input(3), Dense(0)] public sealed partial class Net;"));

    private static void Warned(string id, string source)
    {
        var marked = Regex.Match(source, @"/\*!\*/(\w+(<\w+>)?( = [\w.]+)?(\([^()]*(\([^()]*\)[^()]*)*\))?)").Groups[1].Value;
        var plain = source.Replace("/*!*/", "", StringComparison.Ordinal);
        Assert.StartsWith($"{id} '{marked}' ", Assert.Single(Driver.Complaints(plain)), StringComparison.Ordinal);
        Assert.Contains(Driver.Generate(out _, plain).GeneratedTrees, t => Path.GetFileName(t.FilePath) == "Net.Kernels.g.cs");
    }
}
