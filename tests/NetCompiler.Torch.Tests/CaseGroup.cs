using System.Reflection;
using NetCompiler.CodeGen.Tests;

namespace NetCompiler.Torch.Tests;

/// <summary>Cases that are compiled into one assembly, which is quick.</summary>
internal sealed class CaseGroup
{
    private readonly Dictionary<string, TorchCase> _cases;
    private readonly Lazy<Assembly?> _generated;

    public CaseGroup(params IEnumerable<TorchCase>[] cases)
    {
        _cases = cases.SelectMany(c => c).ToDictionary(c => c.Name);
        _generated = new(() =>
        {
            try
            {
                return InMemory.Load(InMemory.Compile(_cases.Values.Select(c => c.Named)));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // One of them does not compile: each is compiled alone then, so that it fails its own test only.
                return null;
            }
        });
    }

    public TheoryData<string> Names => [.. _cases.Keys];

    public void Compare(string name)
    {
        Libtorch.Require();
        Comparison.Run(_cases[name], _generated.Value ?? InMemory.Load(InMemory.Compile([_cases[name].Named])));
    }
}
