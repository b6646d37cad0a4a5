using System.Diagnostics;
using Digits.Data;
using Digits.Imaging;
using NetCompiler;

namespace Digits.Serving;

/// <summary>Reads drawings with one network, of which it keeps every stage's output. Any number of threads may call it at once.</summary>
internal sealed class DrawingReader
{
    private readonly DigitNet _network;
    private readonly Layer[] _layers;

    // A network that keeps outputs serves one thread at a time; it needs some microseconds, so waiting costs less than a second network.
    private readonly Lock _lock = new();
    private readonly float[] _inputs = new float[DigitNet.InputSize];
    private readonly float[] _scores = new float[DigitNet.OutputSize];

    public DrawingReader(DigitNet network)
    {
        _network = network;
        _network.KeepOutputs = true;
        _layers = [network.Edges, network.Textures, network.Shapes];
        Stages = [.. _layers.Select(l => new Stage(l.Name, l.Shape[0], l.Shape[1], l.Shape[2]))];
        // The first prediction compiles, and makes room for what the layers keep.
        Read(new Reading(Stages));
    }

    public IReadOnlyList<Stage> Stages { get; }

    /// <summary>The first layer's filters.</summary>
    public Filters Filters => DigitTraining.FirstFilters(_network);

    /// <summary>Reads a square drawing of any size.</summary>
    /// <param name="ink">Row by row, 0: paper, 255: full ink.</param>
    /// <param name="reading">What the network makes of it, written.</param>
    /// <exception cref="UserErrorException">Nothing is drawn.</exception>
    public void Read(ReadOnlySpan<byte> ink, Reading reading)
    {
        var side = (int)Math.Sqrt(ink.Length);
        var plane = new Plane(side, side);
        DigitSet.ToInputs(ink, plane.Values);
        DigitScan.Place(plane, "The drawing").CopyTo(reading.Image.AsSpan());
        Read(reading);
    }

    /// <summary>Reads <see cref="Reading.Image"/>. Allocates nothing.</summary>
    public void Read(Reading reading)
    {
        lock (_lock)
        {
            DigitSet.ToInputs(reading.Image, _inputs);
            var start = Stopwatch.GetTimestamp();
            _network.Forward(_inputs, _scores);
            reading.NetworkTime = Stopwatch.GetElapsedTime(start);
            Evaluation.Probabilities(_scores, reading.Probabilities);
            for (var i = 0; i < _layers.Length; i++)
                reading.Stages[i].Take(_layers[i].LastOutput);
        }
    }
}
