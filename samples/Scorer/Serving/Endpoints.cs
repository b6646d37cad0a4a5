using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Scorer.Data;

namespace Scorer.Serving;

/// <summary>
/// What the service answers. A request to score reads its rows, takes the network of the moment, calls it and writes the answer: without a lock, and
/// without a wait but for the connection.
/// </summary>
internal sealed class Endpoints(
    Schema schema, RowReader reader, Publication publication, RowQueue queue, ShadowTrainer trainer, ScorerMetrics metrics, PrometheusText prometheus,
    ServeSettings settings, IHostApplicationLifetime lifetime)
{
    public void Map(WebApplication app)
    {
        app.MapPost("/score", ScoreAsync);
        app.MapPost("/train", TrainAsync);
        app.MapGet("/schema", SchemaAsync);
        app.MapGet("/health/live", context => WriteAsync(context, new HealthAnswer("live", publication.Current.Number), AnswerJson.Default.HealthAnswer));
        app.MapGet("/health/ready", ReadyAsync);
        app.MapGet("/metrics", MetricsAsync);
    }

    public static Task WriteProblemAsync(HttpContext context, Problem problem)
    {
        if (problem.Status == StatusCodes.Status429TooManyRequests)
            context.Response.Headers.RetryAfter = "1";
        return WriteAsync(context, problem, AnswerJson.Default.Problem, problem.Status, Problem.ContentType);
    }

    /// <summary>Scores rows with one network: log-odds to probabilities, and the time taken to the metrics.</summary>
    /// <param name="network">The network.</param>
    /// <param name="features">[rows x <see cref="RiskNet.InputSize"/>].</param>
    /// <param name="scores">One for each row.</param>
    public void Call(RiskNet network, ReadOnlySpan<float> features, Span<float> scores)
    {
        var began = Stopwatch.GetTimestamp();
        network.Forward(features, scores);
        metrics.Called(Stopwatch.GetTimestamp() - began, scores.Length);
        foreach (ref var score in scores)
            score = Probability(score);
    }

    public static float Probability(float logOdds) => 1 / (1 + MathF.Exp(-logOdds));

    private async Task ScoreAsync(HttpContext context)
    {
        var (body, problem) = await ReadBodyAsync(context);
        await (problem is null ? Score(context, body) : WriteProblemAsync(context, problem));
    }

    /// <summary>All that is done with the rows, on one thread from beginning to end.</summary>
    private Task Score(HttpContext context, in ReadOnlySequence<byte> body)
    {
        var rows = RowBuffer.OfThisThread;
        var began = Stopwatch.GetTimestamp();
        var problem = reader.Read(body, labelled: false, rows);
        var took = Stopwatch.GetTimestamp() - began;
        context.Request.BodyReader.AdvanceTo(body.End);
        if (problem is not null)
            return WriteProblemAsync(context, problem);
        var edition = publication.Current;
        Call(edition.Network, rows.Features, rows.Scores.Span);
        metrics.Read(took, rows.Count);
        return rows.IsSingle
            ? WriteAsync(context, new ScoreAnswer(rows.Scores.Span[0], edition.Number), AnswerJson.Default.ScoreAnswer)
            : WriteAsync(context, new ScoresAnswer(rows.Scores, edition.Number), AnswerJson.Default.ScoresAnswer);
    }

    private async Task TrainAsync(HttpContext context)
    {
        var (body, problem) = await ReadBodyAsync(context);
        await (problem is null ? Train(context, body) : WriteProblemAsync(context, problem));
    }

    private Task Train(HttpContext context, in ReadOnlySequence<byte> body)
    {
        var rows = RowBuffer.OfThisThread;
        var problem = trainer.HasFailed ? Problem.TrainingStopped() : reader.Read(body, labelled: true, rows);
        context.Request.BodyReader.AdvanceTo(body.End);
        if (problem is not null)
            return WriteProblemAsync(context, problem);
        if (!queue.TryAdd(rows.Features, rows.Labels))
        {
            metrics.Refused(rows.Count);
            return WriteProblemAsync(context, Problem.QueueFull(rows.Count, queue.Count, queue.Capacity));
        }
        metrics.Accepted(rows.Count);
        return WriteAsync(context, new TrainAnswer(rows.Count, queue.Count), AnswerJson.Default.TrainAnswer, StatusCodes.Status202Accepted);
    }

    private Task SchemaAsync(HttpContext context) => WriteAsync(
        context,
        new SchemaAnswer(
            $"the probability that {schema.Label.Meaning}",
            schema.Label.Name,
            [.. schema.Columns.Select(c => new ColumnAnswer(c.Name, c.IsNumber ? "number" : "text", c.Categories))]),
        AnswerJson.Default.SchemaAnswer);

    private Task ReadyAsync(HttpContext context)
    {
        var stopping = lifetime.ApplicationStopping.IsCancellationRequested;
        return WriteAsync(
            context,
            new HealthAnswer(stopping ? "stopping" : "ready", publication.Current.Number),
            AnswerJson.Default.HealthAnswer,
            stopping ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }

    private Task MetricsAsync(HttpContext context)
    {
        context.Response.ContentType = PrometheusText.ContentType;
        return context.Response.WriteAsync(prometheus.Write(), context.RequestAborted);
    }

    /// <summary>The whole body, which stays in the connection's buffers until the reader is advanced over it.</summary>
    private async ValueTask<(ReadOnlySequence<byte> Body, Problem? Problem)> ReadBodyAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
            return (default, Problem.NotJsonType(context.Request.ContentType));
        try
        {
            var body = context.Request.BodyReader;
            while (true)
            {
                var read = await body.ReadAsync(context.RequestAborted);
                if (read.IsCompleted)
                    return (read.Buffer, null);
                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (ConnectionResetException e)
        {
            // The client is gone. Said to Kestrel, or it would look for the rest of the body, and log that it cannot.
            context.Abort();
            return (default, Problem.BadBody(StatusCodes.Status400BadRequest, e.Message));
        }
        catch (BadHttpRequestException e)
        {
            // Nothing can be read behind such a body. Where it ends because the client is gone, Kestrel would try all the same, and log that it cannot.
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            return (default, e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Problem.TooManyBytes(context.Request.ContentLength, settings.MaxBytes)
                : Problem.BadBody(e.StatusCode, e.Message));
        }
    }

    /// <summary>Writes the answer's text in this thread's memory, then in one piece to the connection.</summary>
    private static Task WriteAsync<T>(
        HttpContext context, T answer, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK, string contentType = "application/json; charset=utf-8")
    {
        var rows = RowBuffer.OfThisThread;
        rows.Answer.ResetWrittenCount();
        rows.Writer.Reset();
        JsonSerializer.Serialize(rows.Writer, answer, type);
        rows.Writer.Flush();

        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = rows.Answer.WrittenCount;
        response.BodyWriter.Write(rows.Answer.WrittenSpan);
        return Task.CompletedTask;
    }
}
