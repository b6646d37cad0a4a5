using System.Runtime.CompilerServices;

namespace NetCompiler.Compiler.Primitives;

/// <summary>
/// A build runs the compiler once in a process: nearly all of it in the JIT's first, unoptimised code. What runs hundreds of thousands of times
/// asks for optimised code at once.
/// </summary>
internal static class HotPath
{
    /// <summary>MethodImplOptions.AggressiveOptimization, which netstandard2.0 does not name; runtimes that do not know it ignore it.</summary>
    public const MethodImplOptions Optimized = (MethodImplOptions)512;
}
