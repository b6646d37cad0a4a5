using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Digits.Data;
using Digits.Serving;

namespace Digits.Tests.Serving;

/// <summary>The server as HTTP clients see it.</summary>
[Collection(ServedDigitsTests.Name)]
public sealed partial class ServerTests(ServedDigits served)
{
    private const string Drawing = "application/octet-stream";

    /// <summary>A drawn digit on a larger sheet, off the middle.</summary>
    private static byte[] Sheet(int digit, int seed, int side = 140, int scale = 4, int left = 7, int top = 19)
    {
        var pixels = new byte[784];
        DrawnDigits.Draw(digit, seed, pixels);
        var sheet = new byte[side * side];
        for (var y = 0; y < 28 * scale; y++)
        {
            for (var x = 0; x < 28 * scale; x++)
                sheet[(top + y) * side + left + x] = pixels[y / scale * 28 + x / scale];
        }
        return sheet;
    }

    private async Task<HttpResponseMessage> Post(byte[] body, string? type = Drawing)
    {
        using var content = new ByteArrayContent(body);
        if (type is not null)
            content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return await served.Client.PostAsync("api/read", content);
    }

    private async Task<JsonElement> Read(byte[] sheet)
    {
        using var response = await Post(sheet);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return document.RootElement.Clone();
    }

    [Fact]
    public async Task The_page_and_all_that_it_names_come_from_the_program()
    {
        using var response = await served.Client.GetAsync("");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        var open = new Queue<string>([""]);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        while (open.TryDequeue(out var path))
        {
            if (seen.ContainsKey(path))
                continue;
            using var file = await served.Client.GetAsync(path);
            Assert.True(file.IsSuccessStatusCode, $"{path} is answered with {(int)file.StatusCode}");
            seen[path] = file.Content.Headers.ContentType!.MediaType!;
            var text = await file.Content.ReadAsStringAsync();
            // The name of SVG's elements is an address, but nothing is fetched from there.
            Assert.DoesNotContain("//", text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal).Replace("// ", "", StringComparison.Ordinal), StringComparison.Ordinal);
            foreach (Match match in Names().Matches(text))
                open.Enqueue(match.Groups[1].Value.TrimStart('.', '/'));
        }
        Assert.Equal("text/javascript", seen["page.js"]);
        Assert.Equal("text/javascript", seen["drawing.js"]);
        Assert.Equal("text/css", seen["page.css"]);
        Assert.Equal("image/svg+xml", seen["icon.svg"]);
        Assert.Equal(PageFile.ReadAll().Count, seen.Count);
    }

    [Fact]
    public async Task A_file_that_the_browser_has_is_not_sent_again()
    {
        using var first = await served.Client.GetAsync("page.js");
        using var again = new HttpRequestMessage(HttpMethod.Get, "page.js");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await served.Client.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        using var head = new HttpRequestMessage(HttpMethod.Head, "page.js");
        using var third = await served.Client.SendAsync(head);
        Assert.Equal(first.Content.Headers.ContentLength, third.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Tells_what_the_network_is()
    {
        var network = served.LoadNetwork();
        using var document = JsonDocument.Parse(await served.Client.GetStringAsync("api/network"));
        Assert.Equal(DigitNet.ParameterCount, document.RootElement.GetProperty("parameters").GetInt32());
        Assert.Equal(
            [("Edges", 8, 28), ("Textures", 16, 14), ("Shapes", 32, 7)],
            document.RootElement.GetProperty("stages").EnumerateArray().Select(s => (
                s.GetProperty("name").GetString(), s.GetProperty("channels").GetInt32(), s.GetProperty("width").GetInt32())));
        Assert.Equal(
            network.Parameters["Edges.0.weight"].ToArray(),
            document.RootElement.GetProperty("filters").GetProperty("weights").EnumerateArray().Select(w => w.GetSingle()));
    }

    [Fact]
    public async Task Reads_digits_wherever_they_are_drawn()
    {
        var right = 0;
        for (var i = 0; i < 40; i++)
        {
            var (scale, left, top) = ((i % 3) switch { 0 => (4, 7, 19), 1 => (2, 80, 5), _ => (3, 0, 50) });
            var answer = await Read(Sheet(i % 10, 500 + i, scale: scale, left: left, top: top));
            var probabilities = answer.GetProperty("probabilities").EnumerateArray().Select(p => p.GetSingle()).ToArray();
            Assert.Equal(10, probabilities.Length);
            Assert.Equal(1, probabilities.Sum(), 1e-4);
            var digit = answer.GetProperty("digit").GetInt32();
            Assert.Equal(probabilities.Max(), probabilities[digit]);
            right += digit == i % 10 ? 1 : 0;

            var image = answer.GetProperty("image").GetBytesFromBase64();
            Assert.Equal(784, image.Length);
            double mass = image.Sum(v => v);
            Assert.InRange(image.Select((v, at) => v * (at % 28 + 0.5)).Sum() / mass, 14, 15);
            Assert.InRange(image.Select((v, at) => v * (at / 28 + 0.5)).Sum() / mass, 14, 15);
        }
        Assert.InRange(right, 36, 40);
    }

    [Fact]
    public async Task Feature_maps_are_what_the_layers_give()
    {
        var answer = await Read(Sheet(8, 41));
        var image = answer.GetProperty("image").GetBytesFromBase64();
        var stages = DigitTraining.LookInto(served.LoadNetwork(), image);
        foreach (var (told, stage) in answer.GetProperty("stages").EnumerateArray().Zip(stages))
        {
            Assert.Equal(stage.Title, told.GetProperty("name").GetString());
            var most = stage.Values.Max();
            Assert.Equal(most, told.GetProperty("most").GetSingle(), 1e-5f * most);
            var maps = told.GetProperty("maps").GetBytesFromBase64();
            Assert.Equal(stage.Channels * stage.Height * stage.Width, maps.Length);
            for (var i = 0; i < maps.Length; i++)
                Assert.Equal(255 * stage.Values[i] / most, maps[i], 0.51f);
        }
    }

    [Fact]
    public async Task Many_at_once_get_what_each_would_get_alone()
    {
        var sheets = Enumerable.Range(0, 10).Select(digit => Sheet(digit, 60 + digit)).ToArray();
        var alone = new List<string>();
        foreach (var sheet in sheets)
            alone.Add(Timeless(await Read(sheet)));
        var together = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i => Timeless(await Read(sheets[i % 10]))));
        for (var i = 0; i < together.Length; i++)
            Assert.Equal(alone[i % 10], together[i]);

        static string Timeless(JsonElement answer) => string.Join('\n', answer.EnumerateObject().Where(p => p.Name != "microseconds").Select(p => p.Value.GetRawText()));
    }

    [Fact]
    public void A_reading_by_the_network_allocates_nothing()
    {
        var reader = new DrawingReader(served.LoadNetwork());
        var reading = new Reading(reader.Stages);
        reader.Read(Sheet(2, 5), reading);
        reader.Read(reading);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            reader.Read(reading);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData("GET", "api/read", null, 0, 405, "POST")]
    [InlineData("POST", "api/network", Drawing, 784, 405, "GET")]
    [InlineData("GET", "digits.safetensors", null, 0, 404, "no /digits.safetensors")]
    [InlineData("GET", "%2e%2e/Digits.dll", null, 0, 404, "no /")]
    [InlineData("POST", "api/read", null, 784, 415, "application/octet-stream")]
    [InlineData("POST", "api/read", "text/plain", 784, 415, "text/plain")]
    [InlineData("POST", "api/read", Drawing, 0, 400, "0 bytes")]
    [InlineData("POST", "api/read", Drawing, 729, 400, "729 bytes")]
    [InlineData("POST", "api/read", Drawing, 785, 400, "785 bytes")]
    [InlineData("POST", "api/read", Drawing, 784, 422, "shows no digit")]
    [InlineData("POST", "api/read", Drawing, 262144, 422, "shows no digit")]
    [InlineData("POST", "api/read", Drawing, 262145, 413, "512x512")]
    public async Task Bad_requests_are_told_what_is_wrong(string method, string path, string? type, int length, int status, string detail)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST")
        {
            request.Content = new ByteArrayContent(new byte[length]);
            request.Content.Headers.ContentType = type is null ? null : new MediaTypeHeaderValue(type);
        }
        using var response = await served.Client.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(status, problem.RootElement.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.RootElement.GetProperty("title").GetString()!);
        Assert.Contains(detail, problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("", served.Errors.ToString());
    }

    [Fact]
    public async Task A_body_of_unannounced_length_is_cut_off_too()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/read") { Content = new StreamContent(new MemoryStream(new byte[1 << 20])) };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(Drawing);
        using var response = await served.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_mistake_of_the_program_is_a_problem_too_and_told_where_it_was_started()
    {
        var network = served.LoadNetwork();
        network.Parameters["Digit.2.bias"].CopyFrom(Enumerable.Repeat(float.NaN, 10).ToArray());
        using var errors = new StringWriter();
        await using var server = await DigitServer.StartAsync(network, ServedDigits.SettingsFor(0), errors, CancellationToken.None);
        using var content = new ByteArrayContent(Sheet(1, 1));
        content.Headers.ContentType = new MediaTypeHeaderValue(Drawing);
        using var response = await served.Client.PostAsync(new Uri(server.Address, "api/read"), content);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.DoesNotContain(nameof(Reading), await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains(nameof(Reading), errors.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a single pixel")]
    [InlineData("all ink")]
    [InlineData("noise")]
    [InlineData("a thin line")]
    public async Task Whatever_has_ink_is_read(string what)
    {
        var sheet = new byte[512 * 512];
        var noise = new Random(2);
        for (var i = 0; i < sheet.Length; i++)
        {
            var ink = what switch
            {
                "a single pixel" => i == 5000,
                "all ink" => true,
                "noise" => noise.Next(2) == 0,
                _ => i % 512 == 511,
            };
            sheet[i] = ink ? (byte)255 : (byte)0;
        }
        var answer = await Read(sheet);
        Assert.Equal(255, answer.GetProperty("image").GetBytesFromBase64().Max());
    }

    [GeneratedRegex("""(?:href|src|from)[= ]"([^"]+)["]""")]
    private static partial Regex Names();
}
