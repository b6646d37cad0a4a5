using System.Runtime.CompilerServices;

namespace NetCompiler;

/// <summary>
/// What parameters are before anything was learned. The loops are optimised from the start: in a program that makes one network and predicts, they would otherwise
/// run unoptimised, or be compiled a second time while they run.
/// </summary>
internal static class InitialValues
{
    /// <summary>Sets a new parameter, whose elements are 0, from a random stream of its own.</summary>
    public static void Set(Parameter parameter, long seed)
    {
        ParameterDescription description = parameter.Tensor;
        if (description.Bound == 0 && description.Constant == 0 && description.Deviation == 0)
        {
            return;
        }

        float[] values = new float[description.Length];
        if (description.Deviation > 0)
        {
            Normal(values, SplitMix64.Key(seed, description.Name), description.Deviation);
        }
        else if (description.Bound == 0)
        {
            Constant(values, description.Constant);
        }
        else
        {
            Uniform(values, SplitMix64.Key(seed, description.Name), description.Bound);
        }

        parameter.CopyFrom(values);
    }

    private static void Constant(float[] values, float constant)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = constant;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Uniform(float[] values, ulong key, float bound)
    {
        SplitMix64 random = new(key);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ((2 * random.NextFloat()) - 1) * bound;
        }
    }

    /// <summary>Box and Muller's method: two uniform numbers give two normal ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Normal(float[] values, ulong key, float deviation)
    {
        SplitMix64 random = new(key);
        for (int i = 0; i < values.Length; i += 2)
        {
            double radius = deviation * Math.Sqrt(-2 * Math.Log(1 - (double)random.NextFloat()));
            (double sin, double cos) = Math.SinCos(2 * Math.PI * random.NextFloat());
            values[i] = (float)(radius * cos);
            if (i + 1 < values.Length)
            {
                values[i + 1] = (float)(radius * sin);
            }
        }
    }
}
