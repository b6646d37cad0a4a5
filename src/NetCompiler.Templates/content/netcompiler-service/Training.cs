using NetCompiler;

namespace NetCompilerService;

internal static class Training
{
    /// <summary>The network of that file; if there is none, one is trained and saved there.</summary>
    public static Moons LoadOrTrain(string file)
    {
        if (File.Exists(file)) return Moons.Load(file);

        var network = new Moons(seed: 1);
        using var trainer = new Trainer<Moons>(network, new AdamW { LearningRate = 3e-3f });
        trainer.Fit(MoonData.Make(2000, seed: 1), new FitOptions { Epochs = 30 });
        network.Save(file);
        return network;
    }
}
