using System.Net;
using Digits.Data;
using Digits.Serving;
using NetCompiler;

namespace Digits.Tests.Serving;

/// <summary>A network that reads drawn digits, and a server with it; trained once for all tests of the server and its page.</summary>
public sealed class ServedDigits : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    internal DigitServer Server { get; private set; } = null!;

    /// <summary>What the program under test says of its own mistakes; a test that finds something here has failed.</summary>
    internal StringWriter Errors { get; } = new();

    public HttpClient Client { get; private set; } = null!;

    /// <summary>The same network, saved.</summary>
    public string Folder => _folder.Path;

    internal DigitNet LoadNetwork() => DigitNet.Load(_folder.File("digits.safetensors"));

    internal static ServeSettings SettingsFor(int port, string folder = ".") =>
        new(new TrainSettings(null, Drawn: true, Epochs: 3, Seed: 3, Threads: 2, Batch: 32, folder), IPAddress.Loopback, port);

    public async Task InitializeAsync()
    {
        var settings = SettingsFor(0);
        var digits = DrawnDigits.Make(train: 6000, test: 10, seed: 8).Train;
        var (network, _) = DigitTraining.Run(digits, settings.Training, new Progress<FitProgress>(), CancellationToken.None);
        network.Save(_folder.File("digits.safetensors"));
        Server = await DigitServer.StartAsync(network, settings, TextWriter.Synchronized(Errors), CancellationToken.None);
        Client = new HttpClient { BaseAddress = Server.Address };
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();

    public void Dispose()
    {
        Client.Dispose();
        Errors.Dispose();
        _folder.Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class ServedDigitsTests : ICollectionFixture<ServedDigits>
{
    public const string Name = "served digits";
}
