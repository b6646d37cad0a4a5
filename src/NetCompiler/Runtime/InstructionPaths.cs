using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NetCompiler;

/// <summary>Chooses among the compiled instruction paths.</summary>
public static class InstructionPaths
{
    /// <summary>The environment variable that overrides the choice: 128, 256 or 512.</summary>
    public const string EnvironmentVariable = "NETCOMPILER_PATH";

    private static volatile InstructionPath chosen;

    /// <summary>
    /// The widest path that this processor runs at full speed, unless <see cref="EnvironmentVariable"/> names another. Every
    /// path runs on every processor; one that is wider than the hardware is only slow.
    /// </summary>
    /// <exception cref="InvalidOperationException">The environment variable is set to something else than 128, 256 or 512.</exception>
    public static InstructionPath Default
    {
        get
        {
            // Not in a static constructor: an error there would reach the user wrapped, and only once with its message.
            InstructionPath path = chosen;
            return path != default ? path : chosen = Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } setting ? Parse(setting) : Fastest;
        }
    }

    /// <summary>For generated code: the path, if there is one of that name.</summary>
    /// <param name="path">What a network's property is set to.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such path.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static InstructionPath Checked(InstructionPath path) => path is InstructionPath.Vector128 or InstructionPath.Vector256 or InstructionPath.Vector512
        ? path
        : throw new ArgumentOutOfRangeException(nameof(path), path, "InstructionPath must be Vector128, Vector256 or Vector512.");

    /// <summary>
    /// For generated code: whether the path of 512 bits can be asked for. A program that was compiled ahead of time has it only if it was compiled for processors
    /// with AVX-512; otherwise the code would be there in vain.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static bool Has512 => Vector512.IsHardwareAccelerated || RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>For generated code: whether the path of 256 bits can be asked for, in the same way.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static bool Has256 => Vector256.IsHardwareAccelerated || RuntimeFeature.IsDynamicCodeSupported;

    internal static InstructionPath Parse(string? setting) => setting switch
    {
        null or "" => Fastest,
        "128" => InstructionPath.Vector128,
        "256" when Has256 => InstructionPath.Vector256,
        "512" when Has512 => InstructionPath.Vector512,
        "256" or "512" => throw new InvalidOperationException(
            $"The environment variable {EnvironmentVariable} is '{setting}', but this program was compiled ahead of time for processors without such vectors. "
                + $"Publish it with a higher IlcInstructionSet, or unset the variable."),
        _ => throw new InvalidOperationException(
            $"The environment variable {EnvironmentVariable} is '{setting}'; it must be 128, 256 or 512 (bits of a vector). "
                + $"Correct it, or unset it to let the processor decide."),
    };

    private static InstructionPath Fastest =>
        Vector512.IsHardwareAccelerated ? InstructionPath.Vector512
        : Vector256.IsHardwareAccelerated && Fma.IsSupported ? InstructionPath.Vector256
        : InstructionPath.Vector128;
}
