namespace NetCompiler.Tests;

/// <summary>Allocations of all threads are counted, so nothing else may run at the same time.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_step_allocates_nothing_after_the_first(int threads)
    {
        Classifier network = new(5);
        using Trainer<Classifier> trainer = new(network, new AdamW(), threads) { GradientClipNorm = 1, Schedule = new CosineSchedule { TotalSteps = 100 } };
        float[] inputs = TestData.Floats(9 * Classifier.InputSize, 1);
        int[] labels = TestData.Classes(9, Classifier.OutputSize, 1);
        int[] some = [.. labels];
        some[2] = some[7] = -1;
        float[] gradient = new float[inputs.Length];
        void Work()
        {
            trainer.Step(inputs, labels);
            trainer.Step(inputs.AsSpan(0, 4 * Classifier.InputSize), labels.AsSpan(0, 4));
            trainer.ComputeGradients(inputs, labels);
            trainer.InputGradient.CopyTo(gradient);
            trainer.Step(inputs, some);
        }

        Work();
        Work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            Work();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        // The workers' allocations show in the total only. The test host may add to it at any time, so the least of several counts.
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 20 && least > 0; attempt++)
        {
            long start = GC.GetTotalAllocatedBytes(precise: true);
            Work();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - start);
        }

        Assert.Equal(0, least);
    }
}
