using System.Text.RegularExpressions;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Sums over a minibatch whose operands come from far: right, and fetched ahead where vectors are wide.</summary>
public sealed class PrefetchTests() : AgreementTests("Positions")
{
    public static TheoryData<string> Names => NamesOf("Positions");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);

    [Theory]
    [MemberData(nameof(Names))]
    public void The_next_sample_is_fetched(string name)
    {
        var kernels = Kernels(Case(name));
        Assert.Contains("Prefetch.Later(ref", PathOf(kernels, 512), StringComparison.Ordinal);
        Assert.Contains("Prefetch.Later(ref", PathOf(kernels, 256), StringComparison.Ordinal);
        Assert.DoesNotContain("Prefetch", PathOf(kernels, 128), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_vectors_each_tile_fetches_another_line() =>
        Assert.Matches("var line[0-9]+ = f[0-9]+ / [0-9]+ % [2-4];", PathOf(Kernels(Case("PositionsToBlocks")), 512));

    /// <summary>Sixteen tiles of four lines: each fetches one line, of every fourth row one in a step's time.</summary>
    [Fact]
    public void Where_tiles_are_many_each_fetches_a_part_of_the_rows()
    {
        var kernels = PathOf(Kernels(Cases.Named("Wide", Chain(Loss("MeanSquaredError"), Input(64, 128), Dense(512)))), 512);
        Assert.Matches(@"var line\d+ = (\w+) / 6 % 4;\s+ref var (\w+) = [^;]*;\s+\{\s+var (part\d+) = \1 / 24 % 4;\s+ref var (\w+) = ref Unsafe\.Add\(ref \2, \3 \* \d+\);[^{}]*\{[^{}]*\{\s+var (next\d+) = t\d+ >> 2;\s+ref var (\w+) = ref Unsafe\.Add\(ref \4, \5 \* \d+\);\s+Prefetch\.Later\(ref Unsafe\.Add\(ref \6, \d+\)\);", kernels);
    }

    /// <summary>All positions are multiplied with two blocks of weights, and fetch the next two; what is left over fetches nothing.</summary>
    [Fact]
    public void Panels_of_weights_are_fetched_while_positions_are_multiplied()
    {
        var kernel = PathOf(Kernels(Case("PositionsPanels")), 512).Split("public static void Dense_37x13x16_72(", 2)[1].Split("\n\t}\n", 2)[0];
        Assert.Matches(@"for \(nint ob\d+ = 0; ob\d+ < 12; ob\d+ \+= 2\)\s+\{[^{}]*for \(nint t\d+ = 0; t\d+ < 36; t\d+ \+= 12\)\s+\{[^{}]*for \(nint f\d+ = 0; f\d+ < 72; f\d+\+\+\)\s+\{[^{}]*Prefetch\.Line\(", kernel);
        Assert.Equal(1, Regex.Count(kernel, @"Prefetch\.Line\("));
    }

    /// <summary>Where a tile's sums are added in two levels, the part of the next panel that the steps of one level ask for is fetched before them, line by line.</summary>
    [Fact]
    public void A_line_of_a_panel_is_asked_for_once()
    {
        var kernels = Kernels(Cases.Named("Panels", Chain(Loss("MeanSquaredError"), Input(64, 512), Dense(128))));
        var kernel = PathOf(kernels, 256).Split("public static void Dense_64x8x16_512(", 2)[1].Split("\n\t}\n", 2)[0];
        Assert.Matches(@"for \(nint (\w+) = 0; \1 < 512; \1 \+= 32\)\s+\{[^{}]*ref var (\w+) = [^;]*, \1\);[^{}]*Prefetch\.Line\(ref Unsafe\.Add\(ref \2, 8192\)\);\s+Prefetch\.Line\(ref Unsafe\.Add\(ref \2, 8208\)\);[^{}]*for \(nint (\w+) = 0; \3 < 32; \3\+\+\)", kernel);
        Assert.Equal(2, Regex.Count(kernel, @"Prefetch\.Line\("));
    }

    /// <summary>Few weights are summed within a chunk of samples, and those of one position in registers.</summary>
    [Theory]
    [InlineData(40, 20, 30)]
    [InlineData(1, 128, 128)]
    public void What_is_near_is_not_fetched(int positions, int inputs, int outputs) =>
        Assert.DoesNotContain("Prefetch", Kernels(Cases.Named("Near", Chain(Loss("MeanSquaredError"), Input(positions, inputs), Dense(outputs)))), StringComparison.Ordinal);

    /// <summary>A part of the batch's end fetches what is behind it.</summary>
    [Fact]
    public void Any_address_may_be_fetched()
    {
        var few = new float[3];
        Prefetch.Line(ref few[2]);
        Prefetch.Line(ref System.Runtime.CompilerServices.Unsafe.Add(ref few[0], int.MaxValue));
        Prefetch.Line(ref System.Runtime.CompilerServices.Unsafe.NullRef<float>());
        Prefetch.Later(ref few[2]);
        Prefetch.Later(ref System.Runtime.CompilerServices.Unsafe.Add(ref few[0], int.MaxValue));
        Prefetch.Later(ref System.Runtime.CompilerServices.Unsafe.NullRef<float>());
        Assert.Equal([0, 0, 0], few);
    }

    private static string PathOf(string kernels, int bits) => kernels.Split($"struct Kernels{bits}", 2)[1].Split("file readonly struct", 2)[0];
}
