using NetCompiler;

// Reads digits of eight lines with eight characters each, # for ink and + for half as much, and says after each what it is.
float[] ink = new float[DigitNet.InputSize], chances = new float[DigitNet.OutputSize];
for (var row = 0; Console.ReadLine() is { } line; row++)
{
    for (var column = 0; column < 8; column++)
        ink[row % 8 * 8 + column] = column < line.Length ? line[column] switch { '#' => 1, '+' => 0.5f, _ => 0 } : 0;
    if (row % 8 < 7) continue;

    DigitNet.Pretrained.Forward(ink, chances);
    var digit = chances.IndexOf(chances.Max());
    Console.WriteLine($"{digit} ({(int)(100 * chances[digit])} %)");
}

/// <summary>Trained by samples/Tiny.Training; the weights are part of the program.</summary>
[Network(Weights = "digits.safetensors")]
[Input(64), Dense(32), Relu, Dense(10), Softmax]
internal sealed partial class DigitNet;
