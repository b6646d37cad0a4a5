using Digits.Data;
using NetCompiler;
using Tiny.Training;

// dotnet run -c Release --project samples/Tiny.Training -- samples/Tiny/digits.safetensors [optdigits.tes]
if (args.Length is not (1 or 2))
{
    Console.Error.WriteLine("Give the file to write, and after it, if you like, UCI's optdigits.tes to be tested on handwriting.");
    return 1;
}

const int Seed = 1, Epochs = 40, Batch = 64;
var learn = SmallDigits.Draw(DrawnDigits.Make(train: 60_000, test: 1, Seed).Train);
var test = SmallDigits.Draw(DrawnDigits.Make(train: 1, test: 10_000, Seed).Test);

var network = new Reader(Seed);
using var trainer = new Trainer<Reader>(network, new AdamW { LearningRate = 4e-3f, WeightDecay = 1e-4f })
{
    Schedule = new OneCycleSchedule { TotalSteps = (learn.Count + Batch - 1) / Batch * (long)Epochs },
};
trainer.Fit(learn, new FitOptions { Epochs = Epochs, BatchSize = Batch, ShuffleSeed = Seed });
network.Save(args[0]);
Console.WriteLine($"Of digits drawn by the program: {trainer.Evaluate(test).Accuracy:P1} right.");
if (args.Length == 2) Console.WriteLine($"Of handwritten ones ({Path.GetFileName(args[1])}): {trainer.Evaluate(SmallDigits.ReadUci(args[1])).Accuracy:P1} right.");
return 0;

/// <summary>The network of samples/Tiny as it is trained: the loss has the Softmax in it.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
[Input(64), Dense(32), Relu, Dense(10)]
internal sealed partial class Reader;
