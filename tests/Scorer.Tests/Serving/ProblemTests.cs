using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Scorer.Serving;

namespace Scorer.Tests.Serving;

/// <summary>What a client gets who makes a mistake: what was given, what was expected, and what to do.</summary>
public sealed class ProblemTests : IAsyncLifetime
{
    private Served _served = null!;

    public async Task InitializeAsync() => _served = await Served.StartAsync(
        new ServeSettings { MaxRows = 8, MaxBytes = 4000, QueueRows = 16 }, map: app => app.MapGet("/fail", _ => throw new InvalidOperationException("secret")));

    public async Task DisposeAsync() => await _served.DisposeAsync();

    /// <param name="path">Where the row goes.</param>
    /// <param name="column">The column that is wrong.</param>
    /// <param name="json">What it has; null: it is left out.</param>
    /// <param name="code">What is wrong.</param>
    /// <param name="given">What was given, in the answer.</param>
    /// <param name="expected">What was expected, in the answer.</param>
    [Theory]
    [InlineData("/score", "amount", "\"12\"", "value", "row.amount is \"12\".", "A finite number or null is expected.")]
    [InlineData("/score", "amount", "true", "value", "row.amount is true.", "A finite number or null is expected.")]
    [InlineData("/score", "amount", "[1]", "value", "row.amount is an array.", "A finite number or null is expected.")]
    [InlineData("/score", "amount", "1e999", "value", "row.amount is 1e999.", "A finite number or null is expected.")]
    [InlineData("/score", "merchant", "3", "value", "row.merchant is 3.", "Text or null is expected.")]
    [InlineData("/score", "merchant", "{}", "value", "row.merchant is an object.", "Text or null is expected.")]
    [InlineData("/score", "hour", null, "missing-column", "row lacks hour.", "Every column is expected.")]
    [InlineData("/score", "hour", "4,\"hour\":5", "twice", "row has 'hour' twice.", "Each column is expected once.")]
    [InlineData("/score", "hour", "4,\"huor\":5", "unknown-column", "row has 'huor'.", "The columns are amount, hour, merchant, channel, card_age_days, distance_km, recent_count.")]
    [InlineData("/score", "hour", "4,\"fraud\":0", "label", "row has 'fraud'.", "'fraud' is what is predicted.")]
    [InlineData("/train", "fraud", null, "missing-column", "row lacks fraud.", "Every column is expected.")]
    [InlineData("/train", "fraud", "\"yes\"", "label", "row.fraud is \"yes\".", "A finite number is expected.")]
    [InlineData("/train", "fraud", "null", "label", "row.fraud is null.", "A finite number is expected.")]
    public async Task A_wrong_column_is_named(string path, string column, string? json, string code, string given, string expected)
    {
        await Is(HttpStatusCode.BadRequest, code, given, expected, path, Served.Row(0, column, json, labelled: path == "/train"));
        var second = $"[{Served.Row(labelled: path == "/train")},{Served.Row(0, column, json, labelled: path == "/train")}]";
        await Is(HttpStatusCode.BadRequest, code, given.Replace("row", "rows[1]", StringComparison.Ordinal), expected, path, second);
    }

    [Theory]
    [InlineData("", "rows", "The body is empty.")]
    [InlineData("[]", "rows", "The array is empty.")]
    [InlineData("null", "rows", "The body is null.")]
    [InlineData("\"row\"", "rows", "The body is \"row\".")]
    [InlineData("[1]", "rows", "rows[0] is 1.")]
    [InlineData("{", "json", "")]
    [InlineData("amount=3", "json", "")]
    [InlineData("[{]", "json", "")]
    [InlineData("\u0000", "json", "")]
    public async Task A_body_that_is_no_rows_is_refused(string body, string code, string given) =>
        await Is(HttpStatusCode.BadRequest, code, given, "A row is a JSON object; several are an array of objects", "/score", body);

    [Fact]
    public async Task What_follows_the_rows_is_refused()
    {
        await Is(HttpStatusCode.BadRequest, "json", "", "A row is a JSON object", "/score", Served.Row() + " " + Served.Row());
        await Is(HttpStatusCode.BadRequest, "json", "", "A row is a JSON object", "/score", Served.Row() + "}");
        using var response = await _served.PostAsync("/score", [.. Encoding.UTF8.GetBytes("{\"amount\":\""), 0xff, .. "\"}"u8.ToArray()]);
        await Is(response, HttpStatusCode.BadRequest, "json", "UTF-8", "A row is a JSON object");
    }

    [Theory]
    [InlineData("text/csv")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Another_media_type_is_refused(string? type)
    {
        using var response = await _served.PostAsync("/score", Served.Row(), type);
        await Is(response, HttpStatusCode.UnsupportedMediaType, "media-type", $"The body's type is '{type ?? "null"}'.", "application/json is expected.");
    }

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/vnd.rows+json")]
    public async Task Other_names_of_JSON_are_taken(string type)
    {
        using var response = await _served.PostAsync("/score", Served.Row(), type);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Too_much_at_once_is_refused()
    {
        await Is(HttpStatusCode.RequestEntityTooLarge, "too-many-rows", "The array has more than 8 rows.", "At most 8 rows are taken at once.", "/score", Served.Rows(9, seed: 1));
        await Is(HttpStatusCode.RequestEntityTooLarge, "too-many-bytes", "The body has 5000 bytes.", "At most 4000 bytes are taken at once.", "/score", new string(' ', 5000));

        // A body whose length nobody knows before.
        using var content = new StreamContent(new Unseekable(new byte[5000]));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/score") { Content = content };
        request.Headers.TransferEncodingChunked = true;
        using var response = await _served.Client.SendAsync(request);
        await Is(response, HttpStatusCode.RequestEntityTooLarge, "too-many-bytes", "The body has more than 4000 bytes.", "At most 4000 bytes");
    }

    [Fact]
    public async Task Labelled_rows_that_find_no_room_are_refused_whole()
    {
        using var response = await _served.PostAsync("/train", $"[{string.Join(',', Enumerable.Repeat(Served.Row(labelled: true), 8))}]");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await using var small = await Served.StartAsync(new ServeSettings { QueueRows = 4 });
        using var refused = await small.PostAsync("/train", Served.Rows(5, seed: 1, labelled: true));
        await Is(refused, HttpStatusCode.TooManyRequests, "queue-full", "5 labelled rows were given; 0 wait already.", "At most 4 rows can wait. Send fewer rows at a time.");
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task Other_paths_and_methods_are_not_there()
    {
        using var path = await _served.Client.GetAsync(new Uri("/scores", UriKind.Relative));
        await Is(path, HttpStatusCode.NotFound, "not-served", "The request is GET /scores.", "There are POST /score");
        using var method = await _served.Client.GetAsync(new Uri("/score", UriKind.Relative));
        await Is(method, HttpStatusCode.MethodNotAllowed, "not-served", "The request is GET /score.", "There are POST /score");
    }

    [Fact]
    public async Task An_error_of_the_service_is_told_without_its_secrets()
    {
        using var response = await _served.Client.GetAsync(new Uri("/fail", UriKind.Relative));
        var text = await Is(response, HttpStatusCode.InternalServerError, "internal", "The request met an error of the service's own", "");
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_client_sent_comes_back_cut_short()
    {
        var text = await Is(HttpStatusCode.BadRequest, "unknown-column", "row has 'xxx", "The columns are", "/score", $"{{\"{new string('x', 3000)}\":1}}");
        Assert.True(text.Length < 1000, text);
    }

    private async Task<string> Is(HttpStatusCode status, string code, string given, string expected, string path, string body)
    {
        using var response = await _served.PostAsync(path, body);
        var text = await Is(response, status, code, given, expected);

        // The mistake is over: the next row is scored as if nothing had been.
        Assert.Equal(1, (await _served.JsonAsync("/score", Served.Row())).GetProperty("network").GetInt32());
        return text;
    }

    private static async Task<string> Is(HttpResponseMessage response, HttpStatusCode status, string code, string given, string expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        Assert.Equal(Problem.ContentType, response.Content.Headers.ContentType!.MediaType);
        using var document = JsonDocument.Parse(text);
        string Text(string name) => document.RootElement.GetProperty(name).GetString()!;
        Assert.Equal((int)status, document.RootElement.GetProperty("status").GetInt32());
        Assert.Equal("urn:scorer:" + code, Text("type"));
        Assert.NotEqual("", Text("title"));
        Assert.Contains(given, Text("given"), StringComparison.Ordinal);
        Assert.Contains(expected, $"{Text("expected")} {Text("remedy")}", StringComparison.Ordinal);
        Assert.Equal($"{Text("given")} {Text("expected")} {Text("remedy")}", Text("detail"));
        return text;
    }

    /// <summary>A stream that does not tell how long it is.</summary>
    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
