using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Scorer.Tests.Serving;

/// <summary>Clients that do not wait for their answers.</summary>
public sealed class LeavingTests
{
    /// <param name="path">Where the row was to go.</param>
    /// <param name="length">What the headers say of the body's length.</param>
    /// <param name="resets">Whether the connection is reset, not ended.</param>
    [Theory]
    [InlineData("/score", "Content-Length: 100", false)]
    [InlineData("/score", "Content-Length: 100", true)]
    [InlineData("/score", "Transfer-Encoding: chunked", false)]
    [InlineData("/train", "Transfer-Encoding: chunked", true)]
    public async Task Who_leaves_within_a_body_is_nothing_to_log(string path, string length, bool resets)
    {
        using var log = new Log();
        await using (var served = await Served.StartAsync(map: app => app.Services.GetRequiredService<ILoggerFactory>().AddProvider(log)))
        {
            using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(served.Client.BaseAddress!.Host, served.Client.BaseAddress.Port);
            await client.SendAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{length}\r\nExpect: 100-continue\r\n\r\n"));

            // The service says so once it waits for the body.
            var answer = new byte[1000];
            var count = await client.ReceiveAsync(answer);
            Assert.StartsWith("HTTP/1.1 100 Continue", Encoding.ASCII.GetString(answer, 0, count), StringComparison.Ordinal);
            await client.SendAsync("5\r\n{\"amo"u8.ToArray());
            client.LingerState = new LingerOption(resets, 0);
            client.Close();

            // Others are served as before, and the end of the service waits for the end of every connection.
            await served.JsonAsync("/score", Served.Row());
        }
        Assert.Empty(log.Entries);
    }

    /// <summary>Keeps what is logged.</summary>
    private sealed class Log : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Entries { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning)
                Entries.Enqueue($"{formatter(state, exception)} {exception}");
        }

        public void Dispose()
        {
        }
    }
}
