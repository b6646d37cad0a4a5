using System.IO.Compression;
using System.Security.Cryptography;

namespace Digits.Data;

/// <summary>
/// MNIST in the user's local application data, downloaded when it is not there. Checksums are of the unpacked bytes: mirrors and
/// copies are packed by different versions of gzip, the digits in them are the same.
/// </summary>
internal sealed class MnistCache(string folder, HttpMessageHandler? handler = null)
{
    private static readonly Uri[] Mirrors =
    [
        new("https://storage.googleapis.com/cvdf-datasets/mnist/"),
        new("https://ossci-datasets.s3.amazonaws.com/mnist/"),
    ];

    private static readonly (string Name, int Length, string Sha256)[] Files =
    [
        (DigitFolder.TrainNames.Images, 47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        (DigitFolder.TrainNames.Labels, 60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        (DigitFolder.TestNames.Images, 7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        (DigitFolder.TestNames.Labels, 10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ];

    /// <summary>No file of MNIST is longer than this when packed.</summary>
    private const int MostPackedBytes = 16 << 20;

    public static MnistCache ForThisUser()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return new MnistCache(Path.Combine(home.Length > 0 ? home : Path.GetTempPath(), "NetCompiler", "mnist"));
    }

    /// <summary>MNIST from the cache or from the network; null, with the reason, when neither has it.</summary>
    public async Task<(DigitData? Data, string? Reason)> ReadAsync(Action<string> progress, CancellationToken cancellation)
    {
        try
        {
            var downloaded = false;
            foreach (var file in Files)
            {
                if (await IsGoodAsync(file, cancellation))
                    continue;
                await DownloadAsync(file, progress, cancellation);
                downloaded = true;
            }
            return (DigitFolder.Read(folder) with { Source = $"MNIST, {(downloaded ? "downloaded to" : "from the cache in")} {folder}" }, null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException or InvalidDataException or TimeoutException)
        {
            return (null, e.Message);
        }
    }

    private async Task<bool> IsGoodAsync((string Name, int Length, string Sha256) file, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, file.Name + ".gz");
        if (!File.Exists(path))
            return false;
        try
        {
            await using var packed = File.OpenRead(path);
            return await CheckAsync(packed, file, cancellation);
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static async Task<bool> CheckAsync(Stream packed, (string Name, int Length, string Sha256) file, CancellationToken cancellation)
    {
        await using var unpacked = new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        long length = 0;
        int read;
        // Stopping at the known length keeps a file that unpacks without end from running on.
        while (length <= file.Length && (read = await unpacked.ReadAsync(buffer, cancellation)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            length += read;
        }
        return length == file.Length && Convert.ToHexStringLower(hash.GetHashAndReset()) == file.Sha256;
    }

    private async Task DownloadAsync((string Name, int Length, string Sha256) file, Action<string> progress, CancellationToken cancellation)
    {
        Exception? failure = null;
        foreach (var mirror in Mirrors)
        {
            progress($"Downloading {file.Name}.gz from {mirror.Host} ...");
            try
            {
                var packed = await FetchAsync(new Uri(mirror, file.Name + ".gz"), cancellation);
                if (!await CheckAsync(new MemoryStream(packed), file, cancellation))
                    throw new InvalidDataException($"{file.Name}.gz from {mirror.Host} has the wrong checksum");
                Directory.CreateDirectory(folder);
                var path = Path.Combine(folder, file.Name + ".gz");
                // Another run may be doing the same: each writes its own file, and the move is atomic.
                var draft = $"{path}.{Environment.ProcessId}.part";
                await File.WriteAllBytesAsync(draft, packed, cancellation);
                File.Move(draft, path, overwrite: true);
                return;
            }
            catch (Exception e) when (e is HttpRequestException or InvalidDataException or TimeoutException)
            {
                failure = e;
            }
        }
        throw failure!;
    }

    private async Task<byte[]> FetchAsync(Uri address, CancellationToken cancellation)
    {
        using var client = handler is null
            ? new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) })
            : new HttpClient(handler, disposeHandler: false);
        client.Timeout = TimeSpan.FromSeconds(60);
        client.MaxResponseContentBufferSize = MostPackedBytes;
        try
        {
            return await client.GetByteArrayAsync(address, cancellation);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"{address.Host} did not answer in time");
        }
    }
}
