namespace Forecast;

/// <summary>What the user asked for.</summary>
/// <param name="Data">A CSV file; null: a series that the program makes.</param>
/// <param name="Column">The column of the values, its name or its number from 1; null: the last one.</param>
/// <param name="Model"><c>lstm</c> or <c>conv</c>.</param>
/// <param name="Season">Values after which the series repeats itself; 1: it does not; 0: to be found.</param>
/// <param name="Horizon">Values to forecast at once; 0: two seasons, but at most as many as a window has.</param>
/// <param name="Log">Whether to work on logarithms.</param>
/// <param name="Iterations">Training steps.</param>
/// <param name="Threads">0: one for each processor.</param>
/// <param name="Seed">Decides all random numbers.</param>
/// <param name="Output">The folder for the picture and the table.</param>
internal sealed record Settings(
    string? Data, string? Column, string Model, int Season, int Horizon, bool Log, int Iterations, int Threads, long Seed, string Output);
