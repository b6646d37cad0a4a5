using System.Text.Json.Serialization;

namespace Scorer.Serving;

/// <summary>An answer to a request that cannot be served (RFC 9457): what was given, what was expected, and what to do.</summary>
internal sealed record Problem(int Status, string Code, string Title, string Given, string Expected, string Remedy)
{
    public const string ContentType = "application/problem+json";

    private const int MostShown = 60;

    [JsonPropertyOrder(-2)]
    public string Type => "urn:scorer:" + Code;

    [JsonPropertyOrder(-1)]
    public string Detail => $"{Given} {Expected} {Remedy}";

    [JsonIgnore]
    public string Code { get; } = Code;

    /// <summary>What a client sent, cut to a length that is fit to be sent back.</summary>
    public static string Shown(string? given) => given is null ? "null" : given.Length <= MostShown ? given : given[..MostShown] + "...";

    public static Problem NotJsonType(string? type) => new(
        415, "media-type", "The body must be JSON", $"The body's type is '{Shown(type)}'.", "A body of type application/json is expected.",
        "Send the header 'content-type: application/json'.");

    public static Problem NotJson(string message) => new(
        400, "json", "The body is not valid JSON", message, "A row is a JSON object; several are an array of objects.", "Correct the JSON.");

    public static Problem NotRows(string given) => new(
        400, "rows", "The body has no rows", given, "A row is a JSON object; several are an array of objects, with at least one.", "GET /schema shows the columns of a row.");

    public static Problem TooManyRows(int most) => new(
        413, "too-many-rows", "Too many rows", $"The array has more than {most} rows.", $"At most {most} rows are taken at once.", "Send them in several requests.");

    public static Problem TooManyBytes(long? given, int most) => new(
        413, "too-many-bytes", "The body is too large", given is { } length ? $"The body has {length} bytes." : $"The body has more than {most} bytes.",
        $"At most {most} bytes are taken at once.", "Send the rows in several requests.");

    public static Problem BadBody(int status, string message) => new(
        status, "body", "The body could not be read", Shown(message), "A complete body is expected, as long as its header says, without long pauses.", "Send the request again.");

    public static Problem QueueFull(int rows, int waiting, int capacity) => new(
        429, "queue-full", "Too many rows wait to be learned from", $"{rows} labelled rows were given; {waiting} wait already.",
        $"At most {capacity} rows can wait.", rows > capacity ? "Send fewer rows at a time." : "Send them again later; Retry-After says when. None of them was taken.");

    public static Problem TrainingStopped() => new(
        503, "training-stopped", "The service does not learn any more", "Training stopped because of an error, which is in the log.",
        "Rows are scored as before.", "Ask the service's operator to restart it.");

    public static Problem NotServed(int status, string method, string path) => new(
        status, "not-served", status == 405 ? "The path does not have this method" : "There is nothing here", $"The request is {Shown(method)} {Shown(path)}.",
        "There are POST /score, POST /train, GET /schema, GET /metrics, GET /health/live and GET /health/ready.", "Use one of these.");

    public static Problem Internal() => new(
        500, "internal", "The service failed", "The request met an error of the service's own, which is in the log.", "Such requests are answered otherwise.",
        "Send it again; if it fails again, tell the service's operator.");
}
