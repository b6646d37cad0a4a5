using System.Runtime.CompilerServices;

namespace NetCompiler.Tests;

public sealed class RuntimeTests
{
    [Fact]
    public unsafe void Storage_is_aligned_zeroed_where_padding_and_initialised_within_bounds()
    {
        NetworkState state = new Regressor(1).State;
        Assert.Equal(0u, (nuint)Unsafe.AsPointer(ref state.Reference) % 64);
        Assert.Equal(13, state.Storage.Length);
        Assert.Equal(0, state.Storage[3]);
        Assert.Equal(0, state.Storage[7]);
        float bound = 1 / MathF.Sqrt(3);
        float[] weight = state.Parameters["layer.weight"].ToArray();
        Assert.All(weight, w => Assert.InRange(w, -bound, bound));
        Assert.Equal(6, weight.Distinct().Count());
        Assert.All(state.Parameters["layer.bias"].ToArray(), b => Assert.Equal(0.25f, b));
        Assert.All(state.Parameters["norm.running_mean"].ToArray(), b => Assert.Equal(0, b));
    }

    /// <summary>Also where whole pages of 2 MB are asked for; what is behind the last float may be read.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData((LargePages.Size / sizeof(float)) - 1)]
    [InlineData(LargePages.Size / sizeof(float))]
    [InlineData(1_000_003)]
    public unsafe void Blocks_of_any_length_are_aligned_and_zero(int length)
    {
        AlignedBuffer block = new(length, "A test");
        bool isLarge = OperatingSystem.IsLinux() && length * sizeof(float) >= LargePages.Size;
        Assert.Equal(0u, (nuint)block.Pointer % (nuint)(isLarge ? LargePages.Size : AlignedBuffer.Alignment));
        Assert.Equal(length, block.Span.Length);
        Assert.Equal(-1, new ReadOnlySpan<float>(block.Pointer, length + AlignedBuffer.Slack).IndexOfAnyExcept(0));
        block.Span.Fill(1);
        Assert.Equal(-1, block.Values.IndexOfAnyExcept(1));
        Assert.Equal(-1, new ReadOnlySpan<float>(block.Pointer + length, AlignedBuffer.Slack).IndexOfAnyExcept(0));
        GC.KeepAlive(block);
    }

    [Fact]
    public void Initial_values_follow_the_seed_and_the_distribution()
    {
        Assert.Equal(TestData.Bits(new Classifier(7).State), TestData.Bits(new Classifier(7).State));
        Assert.NotEqual(TestData.Bits(new Classifier(7).State), TestData.Bits(new Classifier(8).State));

        float[] weight = new Classifier(7).Parameters["layer.weight"].ToArray();
        double bound = 1 / Math.Sqrt(Classifier.InputSize);
        Assert.InRange(weight.Average() / bound, -0.02, 0.02);

        // A uniform distribution's mean square is a third of its bound's square; 16505 draws scatter by less than 1 %.
        Assert.InRange(weight.Average(w => (double)w * w) / (bound * bound), 0.323, 0.344);
    }

    [Fact]
    public void Parameters_copy_in_PyTorch_order_through_the_padded_layout()
    {
        Regressor network = new(1);
        network.Parameters["layer.weight"].CopyFrom([1, 2, 3, 4, 5, 6]);
        Assert.Equal([1, 2, 3, 0, 4, 5, 6, 0], network.State.Storage[..8].ToArray());
        float[] back = new float[6];
        network.Parameters["layer.weight"].CopyTo(back);
        Assert.Equal([1, 2, 3, 4, 5, 6], back);
    }

    [Theory]
    [InlineData(new[] { 2, 3, 4 }, new[] { 1, 8, 2 })]
    [InlineData(new[] { 2, 3, 4 }, new[] { 12, 4, 1 })]
    [InlineData(new[] { 2, 3, 4 }, new[] { 32, 1, 8 })]
    [InlineData(new[] { 5 }, new[] { 3 })]
    [InlineData(new int[0], new int[0])]
    [InlineData(new[] { 2, 1, 2, 3 }, new[] { 50, 7, 20, 1 })]
    public void Strided_copies_follow_the_indices(int[] shape, int[] strides)
    {
        ParameterDescription tensor = new("t", shape, 5, strides, false, 0, 0);
        float[] dense = TestData.Floats(tensor.Length, 3);
        float[] storage = new float[200];
        StridedCopy.FromDense(dense, tensor, storage);
        for (int flat = 0; flat < dense.Length; flat++)
        {
            int rest = flat;
            int place = 5;
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                place += rest % shape[d] * strides[d];
                rest /= shape[d];
            }

            Assert.Equal(dense[flat], storage[place]);
        }

        Assert.Equal(dense.Length, storage.Count(v => v != 0));
        float[] back = new float[dense.Length];
        StridedCopy.ToDense(storage, tensor, back);
        Assert.Equal(dense, back);
    }

    [Fact]
    public void Wrong_names_and_lengths_say_what_would_be_right()
    {
        Regressor network = new(1);
        KeyNotFoundException name = Assert.Throws<KeyNotFoundException>(() => network.Parameters["layer.wieght"]);
        Assert.Contains("'layer.wieght'", name.Message, StringComparison.Ordinal);
        Assert.Contains("'layer.weight'", name.Message, StringComparison.Ordinal);
        ArgumentException length = Assert.Throws<ArgumentException>(() => network.Parameters["layer.weight"].CopyFrom(new float[5]));
        Assert.Contains("[2, 3], 6 floats", length.Message, StringComparison.Ordinal);
        Assert.Contains("has 5", length.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => network.Parameters["layer.weight"].CopyTo(new float[7]));
    }

    [Fact]
    public void Collections_go_through_without_allocating()
    {
        ParameterCollection parameters = new Regressor(1).Parameters;
        int Count()
        {
            int sum = 0;
            foreach (Parameter parameter in parameters)
            {
                sum += parameter.Length;
            }

            return sum;
        }

        Assert.Equal(11, Count());
        long before = GC.GetAllocatedBytesForCurrentThread();
        Count();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal("2x3", string.Join('x', parameters[0].Shape));
    }

    [Fact]
    public void Layers_have_their_modules_parameters_and_keep_outputs_only_when_made_to()
    {
        NetworkState state = new Regressor(1).State;
        Layer layer = new("Dense", [2], state, "layer");
        Assert.Equal(["layer.weight", "layer.bias"], layer.Parameters.Select(p => p.Name));
        Assert.Equal(3, new Layer("All", [2], state, "").Parameters.Count);
        Assert.Contains("KeepOutputs", Assert.Throws<InvalidOperationException>(() => layer.LastOutput.Length).Message, StringComparison.Ordinal);
        layer.BeginOutput(2).Fill(3);
        Assert.Equal([3f, 3f], layer.LastOutput.ToArray());
    }

    [Fact]
    public unsafe void Scratch_is_aligned_grows_and_then_costs_nothing()
    {
        Scratch.Rent(100);
        ref float a = ref Scratch.Rent(5000);
        Assert.Equal(0u, (nuint)Unsafe.AsPointer(ref a) % 64);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ref float b = ref Scratch.Rent(4000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(Unsafe.AreSame(ref a, ref b));
    }

    /// <summary>960 floats on a boundary, for each of two that borrow at once; all else is handed on.</summary>
    [Fact]
    public void Lent_memory_is_aligned_and_of_one_borrower_and_costs_nothing()
    {
        float parameters = 1, first = 2, second = 3, third = 4;
        Scratch.Lend<Borrower>(ref parameters, ref first, ref second, ref third, 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Scratch.Lend<Borrower>(ref parameters, ref first, ref second, ref third, 0);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal([0, 0, 0], [parameters, second, third]);
        Assert.Equal(960 * 959 / 2, first);
    }

    [Fact]
    public void Forward_arguments_are_checked()
    {
        Assert.Equal(4, ForwardArguments.Check("N", 12, 3, 8, 2));
        Assert.Contains("'input' is empty", Assert.Throws<ArgumentException>(() => ForwardArguments.Check("N", 0, 3, 0, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("'input' holds 13 elements", Assert.Throws<ArgumentException>(() => ForwardArguments.Check("N", 13, 3, 8, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("need exactly 8", Assert.Throws<ArgumentException>(() => ForwardArguments.Check("N", 12, 3, 9, 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Instruction_path_can_be_set_by_the_environment()
    {
        Assert.Equal(InstructionPath.Vector128, InstructionPaths.Parse("128"));
        Assert.Equal(InstructionPath.Vector256, InstructionPaths.Parse("256"));
        Assert.Equal(InstructionPath.Vector512, InstructionPaths.Parse("512"));
        Assert.True(Enum.IsDefined(InstructionPaths.Parse(null)));
        Assert.Contains("'1024'", Assert.Throws<InvalidOperationException>(() => InstructionPaths.Parse("1024")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Stem.*", "Stem.0.weight", true)]
    [InlineData("Stem", "Stem.0.weight", true)]
    [InlineData("Stem", "Stems.0.weight", false)]
    [InlineData("Stem.0", "Stem.0.weight", true)]
    [InlineData("Stem.0", "Stem.01.weight", false)]
    [InlineData("*.weight", "Stem.0.weight", true)]
    [InlineData("*.weight", "Stem.0.bias", false)]
    [InlineData("Stage?.*.weight", "Stage2.0.weight", true)]
    [InlineData("Stage?.*.weight", "Stage12.0.weight", false)]
    [InlineData("*", "weight", true)]
    [InlineData("*a*b*c", "xaybzc", true)]
    [InlineData("*a*b*c", "xaybz", false)]
    public void Name_patterns(string pattern, string name, bool expected) => Assert.Equal(expected, NamePattern.Matches(pattern, name));

    /// <summary>Fills its memory, has another fill its own, and then adds up what is in the first; all arguments are changed.</summary>
    private readonly struct Borrower : IOneSample
    {
        private const int Length = 960;

        public static unsafe void Run(ref float scratch, ref float parameters, ref float first, ref float second, ref float third, nint turn)
        {
            if ((nuint)Unsafe.AsPointer(ref scratch) % 64 != 0)
            {
                return;
            }

            for (int i = 0; i < Length; i++)
            {
                Unsafe.Add(ref scratch, i) = turn == 0 ? i : -1;
            }

            if (turn == 1)
            {
                return;
            }

            Scratch.Lend<Borrower>(ref parameters, ref first, ref second, ref third, 1);
            (parameters, first, second, third) = (0, 0, 0, 0);
            for (int i = 0; i < Length; i++)
            {
                first += Unsafe.Add(ref scratch, i);
            }
        }
    }
}
