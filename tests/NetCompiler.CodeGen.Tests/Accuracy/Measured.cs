using System.Collections.Concurrent;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace NetCompiler.CodeGen.Tests.Accuracy;

/// <summary>The largest error of a function over all samples, and where it is.</summary>
internal sealed record Worst(double Error, float At, float Value, double Exact)
{
    private static readonly ConcurrentDictionary<string, Lazy<double[]>> s_exact = [];

    /// <summary>Multiplications and additions of 128-bit vectors are one operation here, as those of wider vectors always are.</summary>
    public static bool Fused { get; } = Fma.IsSupported || AdvSimd.IsSupported;

    /// <summary>The widths to measure: all where vectors are fast, so that wide ones are covered on processors without; the portable one elsewhere.</summary>
    public static int[] Widths { get; } = Vector256.IsHardwareAccelerated || Fused ? [16, 8, 4] : [4];

    /// <summary>Measures a function that has an entry in <see cref="Reference"/>.</summary>
    public static Worst Of(string name, Compiled.Sweep sweep)
    {
        var exact = s_exact.GetOrAdd(name, n => new(() => Array.ConvertAll(Samples.All, x => Reference.Functions[n](x)))).Value;
        var values = new float[exact.Length];
        sweep(Samples.All, values);
        var worst = 0;
        double error = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var e = Ulp.Error(values[i], exact[i]);
            if (e > error) (worst, error) = (i, e);
        }

        return new(error, Samples.All[worst], values[worst], exact[worst]);
    }
}
