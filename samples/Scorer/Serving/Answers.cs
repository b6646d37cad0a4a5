using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Scorer.Serving;

/// <summary>The score of one row, and which edition of the network gave it.</summary>
internal sealed record ScoreAnswer(float Score, int Network);

/// <summary>The scores of several rows, in their order, all from one edition of the network.</summary>
internal sealed record ScoresAnswer(ReadOnlyMemory<float> Scores, int Network);

/// <summary>How many labelled rows were taken, and how many wait now.</summary>
internal sealed record TrainAnswer(int Accepted, int Waiting);

internal sealed record HealthAnswer(string Status, int Network);

/// <summary>What a row must have.</summary>
internal sealed record SchemaAnswer(string Score, string Label, IReadOnlyList<ColumnAnswer> Columns);

/// <summary>A column; of text with the values that the network tells apart.</summary>
internal sealed record ColumnAnswer(string Name, string Type, IReadOnlyList<string>? Values);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ScoreAnswer))]
[JsonSerializable(typeof(ScoresAnswer))]
[JsonSerializable(typeof(TrainAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(SchemaAnswer))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class AnswerJson : JsonSerializerContext;
