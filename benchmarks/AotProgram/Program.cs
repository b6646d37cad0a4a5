using System.Globalization;
using NetCompiler;
using NetCompiler.Benchmarks;
using NetCompiler.Benchmarks.Aot;

// Answers the questions of `benchmarks -- aot`, so that several builds of this program can take turns on an otherwise idle machine. First a line with the
// bits of the instruction path and one with the cases; then, for each line "CASE MILLISECONDS", the median time of a call in microseconds.
Case[] cases =
[
    Case.Prediction("mlp-tiny", 1, new MlpTiny(1), static (calls, network, input, output) => { for (var i = 0; i < calls; i++) network.Forward(input, output); }),
    Case.Prediction("mlp-small", 1, new MlpSmall(1), static (calls, network, input, output) => { for (var i = 0; i < calls; i++) network.Forward(input, output); }),
    Case.Prediction("mlp-mnist", 1, new MlpMnist(1), static (calls, network, input, output) => { for (var i = 0; i < calls; i++) network.Forward(input, output); }),
    Case.Prediction("mlp-mnist", 64, new MlpMnist(1), static (calls, network, input, output) => { for (var i = 0; i < calls; i++) network.Forward(input, output); }),
    Case.Prediction("mlp-mid", 1, new MlpMid(1), static (calls, network, input, output) => { for (var i = 0; i < calls; i++) network.Forward(input, output); }),
    Case.Prediction("cnn", 1, new Cnn(1), static (calls, network, input, output) => { for (var i = 0; i < calls; i++) network.Forward(input, output); }),
    Case.Prediction("cnn", 32, new Cnn(1), static (calls, network, input, output) => { for (var i = 0; i < calls; i++) network.Forward(input, output); }),
    Case.Prediction("resnet20", 1, new ResNet20(1), static (calls, network, input, output) => { for (var i = 0; i < calls; i++) network.Forward(input, output); }),
    Case.Prediction("depthwise", 1, new Depthwise(1), static (calls, network, input, output) => { for (var i = 0; i < calls; i++) network.Forward(input, output); }),
    Case.Training("dqn", 64, new Dqn(1), Case.Noise(64 * Dqn.OutputSize), static (calls, trainer, input, labels) => { for (var i = 0; i < calls; i++) trainer.Step(input, labels); }),
    Case.Training("mlp-mnist", 32, new MlpMnist(1), Case.Classes(32), static (calls, trainer, input, labels) => { for (var i = 0; i < calls; i++) trainer.Step(input, labels); }),
    Case.Training("cnn", 32, new Cnn(1), Case.Classes(32), static (calls, trainer, input, labels) => { for (var i = 0; i < calls; i++) trainer.Step(input, labels); }),
];

Console.WriteLine((int)InstructionPaths.Default);
Console.WriteLine(string.Join('|', cases.Select(c => c.Name)));
while (Console.ReadLine()?.Split(' ') is [var which, var milliseconds])
{
    var time = TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture));
    Console.WriteLine(cases[int.Parse(which, CultureInfo.InvariantCulture)].Measure(time).ToString("R", CultureInfo.InvariantCulture));
}
