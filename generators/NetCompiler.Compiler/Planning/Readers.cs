using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>Who reads each value.</summary>
internal sealed class Readers
{
    private readonly HashSet<Value> _results;
    private readonly Dictionary<Value, List<Nest>> _readers = [];

    [MethodImpl(HotPath.Optimized)]
    public Readers(Program program)
    {
        _results = program.Results();
        foreach (var nest in program.Nests)
        {
            foreach (var read in nest.Reads)
            {
                if (!_readers.TryGetValue(read.Value, out var list)) _readers[read.Value] = list = [];
                list.Add(nest);
            }
        }
    }

    /// <summary>It is no result of the program, and all nests that read it are such.</summary>
    public bool AreOnly(Value value, Predicate<Nest> such) => !_results.Contains(value) && (!_readers.TryGetValue(value, out var list) || list.TrueForAll(such));
}
