using System.Net;
using Digits.Data;

namespace Digits.Tests;

public sealed class MnistCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A server that answers as told.</summary>
    private sealed class Server(Func<Uri, HttpResponseMessage> answer) : HttpMessageHandler
    {
        public List<Uri> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.RequestUri!);
            return Task.FromResult(answer(request.RequestUri!));
        }
    }

    [Fact]
    public async Task Gives_a_reason_instead_of_data_when_no_mirror_answers()
    {
        using var server = new Server(_ => throw new HttpRequestException("no route"));
        var (data, reason) = await new MnistCache(_folder.Path, server).ReadAsync(_ => { }, default);
        Assert.Null(data);
        Assert.Equal("no route", reason);
        Assert.Equal(2, server.Asked.Count);
        Assert.All(server.Asked, address => Assert.Equal("https", address.Scheme));
    }

    [Fact]
    public async Task Does_not_keep_what_has_the_wrong_checksum()
    {
        using var server = new Server(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([0x1f, 0x8b, 8, 0, 1, 2, 3, 4]) });
        var (data, reason) = await new MnistCache(_folder.Path, server).ReadAsync(_ => { }, default);
        Assert.Null(data);
        Assert.NotNull(reason);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [SkippableFact]
    public async Task Downloads_once_falls_back_to_the_second_mirror_and_replaces_damaged_files()
    {
        var mnist = Repository.RequireData("mnist");
        using var server = new Server(address => address.Host.Contains("google", StringComparison.Ordinal)
            ? new HttpResponseMessage(HttpStatusCode.NotFound)
            : new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(File.ReadAllBytes(Path.Combine(mnist, Path.GetFileName(address.LocalPath)))) });
        var cache = new MnistCache(_folder.Path, server);
        var (data, _) = await cache.ReadAsync(_ => { }, default);
        Assert.Equal(60_000, data!.Train.Count);
        Assert.Equal(10_000, data.Test.Count);
        Assert.Contains("downloaded", data.Source, StringComparison.Ordinal);
        Assert.Equal(8, server.Asked.Count);

        Assert.Contains("cache", (await cache.ReadAsync(_ => { }, default)).Data!.Source, StringComparison.Ordinal);
        Assert.Equal(8, server.Asked.Count);

        File.WriteAllText(_folder.File("t10k-labels-idx1-ubyte.gz"), "damaged");
        Assert.NotNull((await cache.ReadAsync(_ => { }, default)).Data);
        Assert.Equal(10, server.Asked.Count);
    }
}
