using System.Text.Json;
using Scorer.Data;
using Scorer.Serving;

namespace Scorer.Tests.Serving;

/// <summary>What a client gets who does everything right.</summary>
public sealed class ScoreTests
{
    private static float[] Expected(CsvTable table)
    {
        var (features, labels) = Served.Model.Schema.Encode(table);
        var scores = new float[labels.Length];
        Served.Model.Network.Forward(features, scores);
        return Array.ConvertAll(scores, Endpoints.Probability);
    }

    [Fact]
    public async Task One_row_has_one_score()
    {
        await using var served = await Served.StartAsync();
        using var response = await served.PostAsync("/score", Served.Row());
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var answer = await Served.JsonAsync(response, System.Net.HttpStatusCode.OK);
        Assert.Equal(Expected(Transactions.Make(1, seed: 11))[0], answer.GetProperty("score").GetSingle());
        Assert.Equal(1, answer.GetProperty("network").GetInt32());
        Assert.Equal(2, answer.EnumerateObject().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(77)]
    [InlineData(1024)]
    public async Task Several_rows_have_their_scores_in_order(int rows)
    {
        await using var served = await Served.StartAsync();
        var answer = await served.JsonAsync("/score", Served.Rows(rows, seed: 5));
        var scores = answer.GetProperty("scores").EnumerateArray().Select(s => s.GetSingle()).ToArray();
        Assert.Equal(Expected(Transactions.Make(rows, seed: 5)), scores);
    }

    [Fact]
    public async Task Columns_come_in_any_order_and_spacing()
    {
        await using var served = await Served.StartAsync();
        var expected = (await served.JsonAsync("/score", Served.Row())).GetRawText();
        using var row = JsonDocument.Parse(Served.Row());
        var turned = "\n{ " + string.Join(" ,\r\n\t", row.RootElement.EnumerateObject().Reverse().Select(p => $"\"{p.Name}\" : {p.Value.GetRawText()}")) + " }\n";
        Assert.Equal(expected, (await served.JsonAsync("/score", turned)).GetRawText());
    }

    [Fact]
    public async Task What_is_missing_is_null_and_an_unknown_category_is_like_none()
    {
        await using var served = await Served.StartAsync();
        var known = (await served.JsonAsync("/score", Served.Row())).GetProperty("score").GetSingle();
        var nothing = (await served.JsonAsync("/score", Served.Row(0, "merchant", "null"))).GetProperty("score").GetSingle();
        var unknown = (await served.JsonAsync("/score", Served.Row(0, "merchant", "\"zoo\""))).GetProperty("score").GetSingle();
        Assert.NotEqual(known, nothing);
        Assert.InRange(unknown, 0f, 1f);
        Assert.InRange((await served.JsonAsync("/score", Served.Row(0, "amount", "null"))).GetProperty("score").GetSingle(), 0f, 1f);
        Assert.InRange((await served.JsonAsync("/score", Served.Row(0, "amount", "1e300"))).GetProperty("score").GetSingle(), 0f, 1f);
    }

    [Fact]
    public async Task A_client_can_ask_for_the_columns()
    {
        await using var served = await Served.StartAsync();
        var schema = await served.GetAsync("/schema");
        Assert.Equal("the probability that fraud above 0.5", schema.GetProperty("score").GetString());
        Assert.Equal("fraud", schema.GetProperty("label").GetString());
        var columns = schema.GetProperty("columns").EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, c => c);
        Assert.Equal(7, columns.Count);
        Assert.Equal("number", columns["amount"].GetProperty("type").GetString());
        Assert.False(columns["amount"].TryGetProperty("values", out _));
        Assert.Contains("travel", columns["merchant"].GetProperty("values").EnumerateArray().Select(v => v.GetString()));
    }

    [Fact]
    public async Task Clients_at_once_get_their_own_answers()
    {
        await using var served = await Served.StartAsync();
        var rows = Transactions.Make(64, seed: 5);

        // One by one, as they are sent: several rows at once are summed in another order.
        var expected = rows.Rows.Select(r => Expected(rows with { Rows = [r] })[0]).ToArray();
        await Parallel.ForEachAsync(Enumerable.Range(0, 640), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            var answer = await served.JsonAsync("/score", LoadTest.Rows.Json(Served.Model.Schema, rows, rows.Rows[i % 64], labelled: false));
            Assert.Equal(expected[i % 64], answer.GetProperty("score").GetSingle());
        });
    }
}
