using System.Runtime.CompilerServices;

namespace NetCompiler;

/// <summary>Copies between a tensor in the order of its indices (PyTorch's layout) and its place in the storage.</summary>
internal static class StridedCopy
{
    public static void ToDense(ReadOnlySpan<float> storage, ParameterDescription tensor, Span<float> dense)
    {
        if (IsDense(tensor))
        {
            storage.Slice(tensor.Offset, tensor.Length).CopyTo(dense);
            return;
        }

        Walk walk = new(tensor);
        for (int at = 0; at < dense.Length; at += walk.Inner)
        {
            ToDense(storage[walk.Next()..], dense.Slice(at, walk.Inner), walk.InnerStride);
        }
    }

    public static void FromDense(ReadOnlySpan<float> dense, ParameterDescription tensor, Span<float> storage)
    {
        if (IsDense(tensor))
        {
            dense[..tensor.Length].CopyTo(storage[tensor.Offset..]);
            return;
        }

        Walk walk = new(tensor);
        for (int at = 0; at < dense.Length; at += walk.Inner)
        {
            FromDense(dense.Slice(at, walk.Inner), storage[walk.Next()..], walk.InnerStride);
        }
    }

    // Optimised from the start, as the first thing that a program does with a network copies all its parameters once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ToDense(ReadOnlySpan<float> storage, Span<float> dense, int stride)
    {
        for (int i = 0, place = 0; i < dense.Length; i++, place += stride)
        {
            dense[i] = storage[place];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FromDense(ReadOnlySpan<float> dense, Span<float> storage, int stride)
    {
        for (int i = 0, place = 0; i < dense.Length; i++, place += stride)
        {
            storage[place] = dense[i];
        }
    }

    private static bool IsDense(ParameterDescription tensor)
    {
        int expected = 1;
        for (int d = tensor.StorageShape.Length - 1; d >= 0; d--)
        {
            if (tensor.StorageShape[d] != 1 && tensor.Strides[d] != expected)
            {
                return false;
            }

            expected *= tensor.StorageShape[d];
        }

        return true;
    }

    /// <summary>Visits the rows (the last dimension) of a tensor in order.</summary>
    private ref struct Walk
    {
        private readonly ParameterDescription tensor;
        private readonly int[] index;
        private int place;
        private bool started;

        public Walk(ParameterDescription tensor)
        {
            this.tensor = tensor;
            index = new int[tensor.StorageShape.Length];
            place = tensor.Offset;
            bool scalar = tensor.StorageShape.Length == 0;
            Inner = scalar ? 1 : tensor.StorageShape[^1];
            InnerStride = scalar ? 1 : tensor.Strides[^1];
        }

        public int Inner { get; }

        public int InnerStride { get; }

        public int Next()
        {
            if (!started)
            {
                started = true;
                return place;
            }

            for (int d = index.Length - 2; d >= 0; d--)
            {
                place += tensor.Strides[d];
                if (++index[d] < tensor.StorageShape[d])
                {
                    break;
                }

                place -= tensor.Strides[d] * tensor.StorageShape[d];
                index[d] = 0;
            }

            return place;
        }
    }
}
