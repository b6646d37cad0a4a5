namespace NetCompiler.CodeGen.Tests;

/// <summary>What predictions keep of the parameters (transformed weights, folded normalisations) is never that of other parameters.</summary>
public sealed class PreparationTests
{
    private const int Batch = 3;

    [Fact]
    public void Copied_parameters_count_at_once() => Call(nameof(CheckCopies));

    [Fact]
    public void A_training_step_counts_at_once() => Call(nameof(CheckSteps));

    [Fact]
    public void Loaded_parameters_count_at_once() => Call(nameof(CheckLoading));

    [Fact]
    public void Each_path_keeps_its_own() => Call(nameof(CheckPaths));

    [Fact]
    public void Threads_that_find_new_parameters_at_once_agree() => Call(nameof(CheckThreads));

    private static void Call(string method) =>
        Generic.Call(typeof(PreparationTests), null, method, AgreementTests.Generated("Winograd").GetType("Some.WinogradResidual")!);

    private static void CheckCopies<T>()
        where T : class, INetwork<T>
    {
        var (network, other) = (T.Create(1), T.Create(2));
        var before = Predict(network);
        foreach (var parameter in other.State.Parameters) network.State.Parameters[parameter.Name].CopyFrom(parameter.ToArray());
        Assert.NotEqual(before, Predict(network));
        Assert.Equal(Predict(other), Predict(network));
    }

    private static void CheckSteps<T>()
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        using var trainer = new Trainer<T>(network, new Sgd { LearningRate = 0.1f }, threads: 1);
        for (var i = 0; i < 3; i++)
        {
            var before = Predict(network);
            trainer.Step(Inputs<T>(), new float[Batch * T.Description.Training!.Labels.Sum(l => l.Length)]);
            var fresh = T.Create(5);
            foreach (var parameter in network.State.Parameters) fresh.State.Parameters[parameter.Name].CopyFrom(parameter.ToArray());
            Assert.NotEqual(before, Predict(network));
            Assert.Equal(Predict(fresh), Predict(network));
        }
    }

    private static void CheckLoading<T>()
        where T : class, INetwork<T>
    {
        var (network, other) = (T.Create(1), T.Create(2));
        _ = Predict(network);
        using var file = new MemoryStream();
        NetworkFile.Save(other, file);
        file.Position = 0;
        NetworkFile.LoadParameters(network, file);
        Assert.Equal(Predict(other), Predict(network));
    }

    private static void CheckPaths<T>()
        where T : class, INetwork<T>
    {
        InstructionPath[] paths = [InstructionPath.Vector128, InstructionPath.Vector256, InstructionPath.Vector512];
        var alone = paths.Select(path =>
        {
            var network = T.Create(1);
            network.InstructionPath = path;
            return Predict(network);
        }).ToList();
        var shared = T.Create(1);
        foreach (var (path, expected) in paths.Zip(alone).Concat(paths.Zip(alone).Reverse()))
        {
            shared.InstructionPath = path;
            Assert.Equal(expected, Predict(shared));
        }
    }

    private static void CheckThreads<T>()
        where T : class, INetwork<T>
    {
        var expected = Predict(T.Create(1));
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var network = T.Create(1);
            var results = new float[4][];
            using var start = new Barrier(results.Length);
            var threads = Enumerable.Range(0, results.Length).Select(t => new Thread(() =>
            {
                start.SignalAndWait();
                results[t] = Predict(network);
            })).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
            Assert.All(results, r => Assert.Equal(expected, r));
        }
    }

    private static float[] Inputs<T>()
        where T : class, INetwork<T>
    {
        var random = new Random(4);
        return [.. Enumerable.Range(0, Batch * T.Description.Inputs.Sum(i => i.Length)).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static float[] Predict<T>(T network)
        where T : class, INetwork<T>
    {
        var outputs = new float[Batch * T.Description.Outputs.Sum(o => o.Length)];
        network.ForwardAll(Inputs<T>(), outputs);
        return outputs;
    }
}
