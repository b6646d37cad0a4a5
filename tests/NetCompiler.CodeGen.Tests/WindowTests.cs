namespace NetCompiler.CodeGen.Tests;

/// <summary>Poolings in the kernels before them: right, and where they may be.</summary>
public sealed class WindowTests() : AgreementTests("Windows")
{
    public static TheoryData<string> Names => NamesOf("Windows");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);

    [Theory]
    [MemberData(nameof(Names))]
    public void Pooling_is_fused_where_it_may_be(string name)
    {
        var kernels = Kernels(Case(name));
        var predict = kernels.Split("for (nint first = begin;", 2)[1].Split("\n\t\t}", 2)[0]; // the first such loop is the prediction's
        if (name.StartsWith("Apart", StringComparison.Ordinal))
        {
            Assert.DoesNotContain("_pooled", predict, StringComparison.Ordinal);
            return;
        }

        Assert.Contains("_pooled", predict, StringComparison.Ordinal);
        Assert.DoesNotContain("T.MaxPool", predict, StringComparison.Ordinal);
        Assert.DoesNotContain("T.sum", predict, StringComparison.Ordinal); // of an average pooling
    }
}
