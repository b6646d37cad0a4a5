using NetCompiler;

// For each line of its input one prediction, so that whoever measures can look at the process before it ends.
float[] input = new float[Wide.InputSize], output = new float[Wide.OutputSize];
Array.Fill(input, 0.5f);
while (Console.ReadLine() is not null)
{
#if EMBEDDED
    var network = Wide.Pretrained;
#else
    var network = Wide.Load(args[0]);
#endif
    network.Forward(input, output);
    Console.WriteLine(string.Join(' ', output.Select(BitConverter.SingleToInt32Bits)));
}

/// <summary>21 million parameters, 84 MB.</summary>
#if EMBEDDED
[Network(Weights = "wide.safetensors")]
#else
[Network]
#endif
[Input(1024), Dense(4096), Relu, Dense(4096), Relu, Dense(10)]
internal sealed partial class Wide;
