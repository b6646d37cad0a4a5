namespace NetCompiler.Tests;

public sealed class UpdateRangesTests
{
    private static readonly NetworkDescription Description = new()
    {
        Name = "Some",
        Inputs = [],
        Outputs = [],
        Parameters =
        [
            Parameter("split", 0, 40 * 8 * 16 * 2), Parameter("small", 10240, 100), Parameter("odd", 10352, 5003), Parameter("combined", 15360, 20000),
        ],
        StorageLength = 35360,
        TrainableLength = 35360,
    };

    private static readonly TrainingDescription Training = new()
    {
        Phases =
        [
            new(PhaseRole.Gradient, 0),
            new(PhaseRole.Gradient, 8) { Groups = [new(1, 900), new(2, 50, 15360, 20000, 1, 20000, 16384), new(5, 1000, 0, 10240, 16, 40, 8)] },
        ],
        ChunkSize = 8,
        StaticLength = 0,
        SampleLength = 0,
        ChunkLength = 0,
        ScratchLength = 0,
        LossOffset = 0,
        InverseBatchOffset = 0,
        InputGradientOffsets = [],
        Labels = [],
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Each_float_is_updated_once(int threads)
    {
        int[]?[] bounds = [.. Training.Phases.Select(p => PhaseBounds.Of(p, threads))];
        int[] counts = new int[Description.TrainableLength];
        foreach (UpdateRange range in UpdateRanges.Of(Description, Training, bounds, threads).SelectMany(r => r))
        {
            for (int i = range.From; i < range.To; i++)
            {
                counts[i]++;
            }
        }

        Assert.All(counts, c => Assert.Equal(1, c));
    }

    [Fact]
    public void Threads_have_about_the_same_to_do_and_update_what_they_computed()
    {
        int[] bounds = PhaseBounds.Of(Training.Phases[1], 2)!;
        Assert.Equal([0, 5, 8], bounds);
        UpdateRange[][] ranges = UpdateRanges.Of(Description, Training, [null, bounds], 2);

        // Items 3 and 4 are indices 0 to 15 of 40, in each of 16 outer blocks.
        Assert.Equal(new(0, 0, 256), ranges[0][0]);
        Assert.Equal(new(0, 256, 640), ranges[1][0]);
    }

    private static ParameterDescription Parameter(string name, int offset, int length) => new(name, [length], offset, [1], IsBuffer: false, Bound: 0, Constant: 0);
}
