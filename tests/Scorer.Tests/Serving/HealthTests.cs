using System.Net;
using System.Net.Sockets;
using System.Text;
using Scorer.Serving;

namespace Scorer.Tests.Serving;

/// <summary>What the service's keepers see, and how it ends.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task It_is_live_and_ready()
    {
        await using var served = await Served.StartAsync();
        Assert.Equal("live", (await served.GetAsync("/health/live")).GetProperty("status").GetString());
        var ready = await served.GetAsync("/health/ready");
        Assert.Equal("ready", ready.GetProperty("status").GetString());
        Assert.Equal(1, ready.GetProperty("network").GetInt32());
    }

    [Fact]
    public async Task It_says_that_it_is_going_before_it_goes_and_serves_until_then()
    {
        await using var served = await Served.StartAsync(new ServeSettings { Drain = TimeSpan.FromSeconds(0.7) });
        await served.GetAsync("/health/ready");
        var stop = served.App.StopAsync();
        var answer = await served.GetAsync("/health/ready", HttpStatusCode.ServiceUnavailable);
        Assert.Equal("stopping", answer.GetProperty("status").GetString());
        Assert.Equal("live", (await served.GetAsync("/health/live")).GetProperty("status").GetString());
        await served.JsonAsync("/score", Served.Row());
        await stop.WaitAsync(Served.Patience);
        await Assert.ThrowsAsync<HttpRequestException>(() => served.GetAsync("/health/live"));
    }

    [Fact]
    public async Task A_request_under_way_is_answered_before_the_end()
    {
        await using var served = await Served.StartAsync();
        var row = Served.Row();
        using var socket = new TcpClient("127.0.0.1", served.Client.BaseAddress!.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {row.Length}\r\n\r\n{row[..20]}"));

        // Its beginning is with the service before the stop is, since another request that came later has been answered.
        await served.JsonAsync("/score", row);
        var stop = served.App.StopAsync();
        await Task.Delay(50);
        Assert.False(stop.IsCompleted);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(row[20..]));
        using var reader = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync().WaitAsync(Served.Patience));
        Assert.Contains("\"score\":", await reader.ReadToEndAsync().WaitAsync(Served.Patience), StringComparison.Ordinal);
        await stop.WaitAsync(Served.Patience);
    }
}
