using System.Text.Json.Serialization;

namespace NetCompilerService;

/// <param name="Points">Pairs of x and y.</param>
internal sealed record ScoreRequest(float[][]? Points);

/// <param name="Probabilities">For each point, that it is of the lower moon.</param>
internal sealed record ScoreResponse(float[] Probabilities);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ScoreRequest))]
[JsonSerializable(typeof(ScoreResponse))]
internal sealed partial class ScoringJson : JsonSerializerContext;

/// <summary>The network behind HTTP. One instance serves all requests at once: a prediction changes nothing and allocates nothing.</summary>
internal static class Scoring
{
    private const int MostPoints = 1024;

    public static IResult Score(ScoreRequest request, Moons network)
    {
        if (request.Points is not { Length: > 0 and <= MostPoints } points)
            return Results.Problem($"'points' must be an array of 1 to {MostPoints} points.", statusCode: StatusCodes.Status400BadRequest);

        var inputs = new float[points.Length * Moons.InputSize];
        for (var i = 0; i < points.Length; i++)
        {
            if (points[i] is not { Length: Moons.InputSize } point || !point.All(float.IsFinite))
                return Results.Problem($"points[{i}] must be an array of {Moons.InputSize} finite numbers.", statusCode: StatusCodes.Status400BadRequest);
            point.CopyTo(inputs, i * Moons.InputSize);
        }

        var scores = new float[points.Length * Moons.OutputSize];
        network.Forward(inputs, scores);
        var probabilities = new float[points.Length];
        for (var i = 0; i < points.Length; i++) probabilities[i] = 1 / (1 + MathF.Exp(scores[2 * i] - scores[2 * i + 1]));
        return Results.Ok(new ScoreResponse(probabilities));
    }
}
