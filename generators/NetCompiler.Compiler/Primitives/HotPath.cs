using System.Runtime.CompilerServices;

namespace NetCompiler.Compiler.Primitives;

/// <summary>
/// A build runs the compiler once in a process: nearly all of it in the JIT's first, unoptimised code. What runs hundreds of thousands of times
/// asks for optimised code at once. Where the JIT finds a long loop in code that it did not optimise, it compiles all around it once more: what is done to each of
/// thousands of nests or values is a method apart from the loop.
/// </summary>
internal static class HotPath
{
#if READY_TO_RUN
    /// <summary>Nothing: code compiled ahead of time is optimised, and the runtime takes none for a method that asks the JIT.</summary>
    public const MethodImplOptions Optimized = 0;
#else
    /// <summary>MethodImplOptions.AggressiveOptimization, which netstandard2.0 does not name; runtimes that do not know it ignore it.</summary>
    public const MethodImplOptions Optimized = (MethodImplOptions)512;
#endif
}
