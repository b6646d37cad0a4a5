using Microsoft.ML.OnnxRuntime;

// The model's file, and the name of its output.
using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
using var session = new InferenceSession(args[0], options);
using var run = new RunOptions();
float[] ink = new float[64], chances = new float[10];
using var input = OrtValue.CreateTensorValueFromMemory(ink, [1, 64]);
using var output = OrtValue.CreateTensorValueFromMemory(chances, [1, 10]);
using var binding = session.CreateIoBinding();
binding.BindInput("input", input);
binding.BindOutput(args[1], output);

for (var row = 0; Console.ReadLine() is { } line; row++)
{
    for (var column = 0; column < 8; column++)
        ink[row % 8 * 8 + column] = column < line.Length ? line[column] switch { '#' => 1, '+' => 0.5f, _ => 0 } : 0;
    if (row % 8 < 7) continue;

    session.RunWithBinding(run, binding);
    var digit = chances.IndexOf(chances.Max());
    Console.WriteLine($"{digit} ({(int)(100 * chances[digit])} %)");
}
