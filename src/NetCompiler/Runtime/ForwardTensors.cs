using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace NetCompiler;

/// <summary>For generated code: the first floats of all inputs and outputs of a prediction.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Never compared.")]
public readonly ref struct ForwardTensors
{
    /// <summary>Most inputs and outputs of a network whose predictions run on several threads.</summary>
    internal const int Most = 8;

    internal readonly ref float T0;
    internal readonly ref float T1;
    internal readonly ref float T2;
    internal readonly ref float T3;
    internal readonly ref float T4;
    internal readonly ref float T5;
    internal readonly ref float T6;
    internal readonly ref float T7;

    /// <summary>One input and one output.</summary>
    /// <param name="t0">The input.</param>
    /// <param name="t1">The output.</param>
    public ForwardTensors(ref float t0, ref float t1)
    {
        T0 = ref t0;
        T1 = ref t1;
    }

    /// <summary>Up to eight; the others are null references.</summary>
    /// <param name="t0">The first.</param>
    /// <param name="t1">The second.</param>
    /// <param name="t2">The third.</param>
    /// <param name="t3">The fourth.</param>
    /// <param name="t4">The fifth.</param>
    /// <param name="t5">The sixth.</param>
    /// <param name="t6">The seventh.</param>
    /// <param name="t7">The eighth.</param>
    public ForwardTensors(ref float t0, ref float t1, ref float t2, ref float t3, ref float t4, ref float t5, ref float t6, ref float t7)
    {
        T0 = ref t0;
        T1 = ref t1;
        T2 = ref t2;
        T3 = ref t3;
        T4 = ref t4;
        T5 = ref t5;
        T6 = ref t6;
        T7 = ref t7;
    }
}
