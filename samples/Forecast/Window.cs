namespace Forecast;

/// <summary>
/// What the networks see of a series and say of it. They see how far it is from where it was a season before, and say how far the next value will be from the one a
/// season before it: a network that says 0 is the seasonal naive forecast, and what it learns is what that misses. Nothing depends on the level of the
/// series, so that one which grows looks to them as it always did.
/// </summary>
internal sealed class Window
{
    /// <summary>Moments that the networks are trained on at once.</summary>
    public const int Length = 48;

    /// <summary>Numbers for each moment.</summary>
    public const int Features = 3;

    /// <summary>The level is a mean over at least so many values.</summary>
    private const int Smoothed = 16;

    private readonly double _changes;
    private readonly double _course;

    /// <summary>Takes the units from the part of a series that may be learned from.</summary>
    public Window(ReadOnlySpan<double> values, int season)
    {
        Season = season;
        Level = (Smoothed + season - 1) / season * season;
        First = Math.Max((2 * season) - 1, Level - 1);
        var (changes, course) = (0.0, 0.0);
        for (var i = First; i < values.Length; i++)
        {
            changes += Math.Pow(values[i] - values[i - season], 2);
            course += Math.Pow(values[i + 1 - season] - Mean(values, i), 2);
        }

        _changes = Unit(changes / (values.Length - First));
        _course = Unit(course / (values.Length - First));
    }

    /// <summary>Values after which the series repeats itself.</summary>
    public int Season { get; }

    /// <summary>Values in a mean: whole seasons.</summary>
    public int Level { get; }

    /// <summary>The first moment of which all numbers can be told.</summary>
    public int First { get; }

    /// <summary>Values needed to train on one window.</summary>
    public static int Needed(int season) => Math.Max(2 * season, (Smoothed + season - 1) / season * season) + Length;

    /// <summary>What the network is told at a moment: the change since a season ago; that of the moment a season before the next; and how far the naive forecast is from the level.</summary>
    public void Write(ReadOnlySpan<double> values, int moment, Span<float> features)
    {
        var naive = moment + 1 - Season;
        features[0] = (float)((values[moment] - values[moment - Season]) / _changes);
        features[1] = (float)((values[naive] - values[naive - Season]) / _changes);
        features[2] = (float)((values[naive] - Mean(values, moment)) / _course);
    }

    /// <summary>What the network should say at a moment.</summary>
    public float Target(ReadOnlySpan<double> values, int moment) => (float)((values[moment + 1] - values[moment + 1 - Season]) / _changes);

    /// <summary>The next value, from what the network said.</summary>
    public double Next(ReadOnlySpan<double> values, float said) => values[^Season] + (said * _changes);

    private double Mean(ReadOnlySpan<double> values, int moment)
    {
        var sum = 0.0;
        foreach (var value in values.Slice(moment + 1 - Level, Level)) sum += value;
        return sum / Level;
    }

    private static double Unit(double square) => square > 0 ? Math.Sqrt(square) : 1;
}
