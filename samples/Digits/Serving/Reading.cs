using System.Text.Json;
using Digits.Data;

namespace Digits.Serving;

/// <summary>What the network makes of one drawing. It is filled again and again, so that a reading takes no new memory.</summary>
internal sealed class Reading
{
    /// <summary>The drawing as the network sees it, 28x28.</summary>
    public byte[] Image { get; } = new byte[DigitSet.PixelsPerImage];

    /// <summary>Of the ten digits, 0 to 1.</summary>
    public float[] Probabilities { get; } = new float[DigitNet.OutputSize];

    /// <summary>Each stage's feature maps.</summary>
    public StageReading[] Stages { get; }

    /// <summary>How long the network took.</summary>
    public TimeSpan NetworkTime { get; set; }

    public Reading(IEnumerable<Stage> stages) => Stages = [.. stages.Select(s => new StageReading(s))];

    /// <summary>Writes what the page reads; pictures are base64, a byte for a pixel, row by row.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("digit", Evaluation.Best(Probabilities).Digit);
        json.WriteStartArray("probabilities");
        foreach (var probability in Probabilities)
            json.WriteNumberValue(probability);
        json.WriteEndArray();
        json.WriteNumber("microseconds", Math.Round(NetworkTime.TotalMicroseconds, 1));
        json.WriteBase64String("image", Image);
        json.WriteStartArray("stages");
        foreach (var stage in Stages)
        {
            json.WriteStartObject();
            stage.Stage.WriteTo(json);
            json.WriteNumber("most", stage.Most);
            json.WriteBase64String("maps", stage.Maps);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>A stage of the network: so many maps of so many pixels.</summary>
internal sealed record Stage(string Name, int Channels, int Height, int Width)
{
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteString("name", Name);
        json.WriteNumber("channels", Channels);
        json.WriteNumber("height", Height);
        json.WriteNumber("width", Width);
    }
}

/// <summary>A stage's feature maps as pictures: 255 is the largest value of any of them.</summary>
internal sealed class StageReading(Stage stage)
{
    public Stage Stage => stage;

    public byte[] Maps { get; } = new byte[stage.Channels * stage.Height * stage.Width];

    /// <summary>What 255 stands for.</summary>
    public float Most { get; private set; }

    /// <summary>Takes what the layer gave; every stage ends in a rectifier, so nothing is negative.</summary>
    public void Take(ReadOnlySpan<float> values)
    {
        var most = 0f;
        foreach (var value in values)
            most = Math.Max(most, value);
        Most = most;
        var scale = most > 0 ? 255 / most : 0;
        for (var i = 0; i < Maps.Length; i++)
            Maps[i] = (byte)(values[i] * scale + 0.5f);
    }
}
