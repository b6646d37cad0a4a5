using Library;
using NetCompiler;

// Trains, predicts, saves and loads with both networks. Prints the instruction path, and a hash of all results, which must be the same under the JIT and in native AOT.
var hash = 14695981039346656037ul;
var random = new Random(3);
float[] Noise(int length) => [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() * 2) - 1)];

var points = Noise(256 * Regression.InputSize);
var targets = points.Chunk(2).Select(p => (p[0] * p[1]) + (0.5f * p[0])).ToArray();
var regression = new Regression(seed: 1);
using (var trainer = new Trainer<Regression>(regression, new Adam { LearningRate = 1e-2f }, threads: 2))
    Falls("Regression", trainer.Step(points, targets), () => trainer.Step(points, targets));
Predictions(regression, points, new float[256], (n, i, o) => n.Forward(i, o), Regression.Load);

var images = Noise(60 * Pictures.InputSize);
for (var i = 0; i < 60; i++)
    for (var j = 0; j < 64; j++) images[(64 * i) + j] += i % 3 == j / 22 ? 1 : 0;
int[] labels = [.. Enumerable.Range(0, 60).Select(i => i % 3)];
var pictures = new Pictures(seed: 1);
using (var trainer = new Trainer<Pictures>(pictures, new AdamW { LearningRate = 1e-2f }, threads: 2))
    Falls("Pictures", trainer.Step(images, labels), () => trainer.Step(images, labels));
Predictions(pictures, images, new float[60 * Pictures.OutputSize], (n, i, o) => n.Forward(i, o), Pictures.Load);

Console.WriteLine($"path {(int)InstructionPaths.Default}");
Console.WriteLine($"hash {hash:x16}");
return 0;

void Falls(string name, float first, Func<float> step)
{
    var last = first;
    for (var i = 0; i < 200; i++) last = step();
    if (!(last < first / 4)) throw new InvalidOperationException($"{name} does not learn: its loss was {first} and is {last}.");
}

void Predictions<T>(T network, float[] inputs, float[] outputs, Action<T, float[], float[]> forward, Func<string, T> load)
    where T : class, INetwork<T>
{
    forward(network, inputs, outputs);
    var before = GC.GetAllocatedBytesForCurrentThread();
    forward(network, inputs, outputs);
    var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
    if (allocated != 0) throw new InvalidOperationException($"A prediction of {typeof(T).Name} allocates {allocated} bytes.");

    var file = Path.Combine(Path.GetTempPath(), $"netcompiler-consumer-{Environment.ProcessId}.safetensors");
    try
    {
        NetworkFile.Save(network, file);
        var again = new float[outputs.Length];
        forward(load(file), inputs, again);
        if (!again.AsSpan().SequenceEqual(outputs)) throw new InvalidOperationException($"{typeof(T).Name} predicts something else after it was saved and loaded.");
    }
    finally
    {
        File.Delete(file);
    }

    foreach (var value in outputs) hash = (hash ^ BitConverter.SingleToUInt32Bits(value)) * 1099511628211;
}
