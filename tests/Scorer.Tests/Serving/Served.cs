using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Scorer.Data;
using Scorer.LoadTest;
using Scorer.Serving;

namespace Scorer.Tests.Serving;

/// <summary>A service of a test's own, with a client.</summary>
internal sealed class Served : IAsyncDisposable
{
    private static readonly Lazy<ScorerModel> s_model = new(() => LoadModel.Train(6000));

    /// <summary>A test that waits so long has failed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private Served(WebApplication app)
    {
        App = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    /// <summary>A network that was trained for a moment on made payments; the same for all tests, which do not write to it.</summary>
    public static ScorerModel Model => s_model.Value;

    public WebApplication App { get; }

    public HttpClient Client { get; }

    public Publication Publication => App.Services.GetRequiredService<Publication>();

    public static async Task<Served> StartAsync(ServeSettings? settings = null, ScorerModel? model = null, Action<WebApplication>? map = null)
    {
        var app = ScorerServer.Create(
            model ?? Model, (settings ?? new ServeSettings()) with { Url = "http://127.0.0.1:0" }, builder => builder.Logging.ClearProviders());
        map?.Invoke(app);
        await app.StartAsync();
        return new Served(app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
    }

    /// <summary>A payment as JSON, with a cell replaced or left out.</summary>
    public static string Row(int number = 0, string? column = null, string? json = null, bool labelled = false, bool shifted = false)
    {
        var table = Transactions.Make(number + 1, seed: 11, shifted);
        var cells = Model.Schema.Columns.Select(c => (c.Name, Json: Cell(table.Rows[number][table.Find(c.Name)], c.IsNumber))).ToList();
        if (labelled)
            cells.Add((Transactions.Label, table.Rows[number][table.Find(Transactions.Label)]));
        return $"{{{string.Join(',', cells.Select(c => (c.Name, Json: c.Name == column ? json : c.Json)).Where(c => c.Json is not null).Select(c => $"\"{c.Name}\":{c.Json}"))}}}";
    }

    /// <summary>Payments as a JSON array.</summary>
    public static string Rows(int count, long seed, bool labelled = false, bool shifted = false)
    {
        var table = Transactions.Make(count, seed, shifted);
        return $"[{string.Join(',', table.Rows.Select(r => LoadTest.Rows.Json(Model.Schema, table, r, labelled)))}]";
    }

    public Task<HttpResponseMessage> PostAsync(string path, string body, string? type = "application/json") => PostAsync(path, Encoding.UTF8.GetBytes(body), type);

    public async Task<HttpResponseMessage> PostAsync(string path, byte[] body, string? type = "application/json")
    {
        using var content = new ByteArrayContent(body);
        if (type is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return await Client.PostAsync(new Uri(path, UriKind.Relative), content);
    }

    public async Task<JsonElement> JsonAsync(string path, string body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await PostAsync(path, body);
        return await JsonAsync(response, expected);
    }

    public async Task<JsonElement> GetAsync(string path, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await Client.GetAsync(new Uri(path, UriKind.Relative));
        return await JsonAsync(response, expected);
    }

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode}: {text}");
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    /// <summary>Waits until something is so.</summary>
    public static async Task UntilAsync(Func<bool> isSo, string what)
    {
        var end = DateTime.UtcNow + Patience;
        while (!isSo())
        {
            Assert.True(DateTime.UtcNow < end, $"It never came to this: {what}.");
            await Task.Delay(5);
        }
    }

    private static string Cell(string cell, bool isNumber) => isNumber ? cell : JsonSerializer.Serialize(cell);
}
