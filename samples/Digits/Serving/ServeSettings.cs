using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Digits.Serving;

/// <summary>What the user asked the server to be.</summary>
/// <param name="Training">How to train a network where there is none yet.</param>
/// <param name="Host">The address to listen at.</param>
/// <param name="Port">The port to listen at; 0: any that is free.</param>
internal sealed record ServeSettings(TrainSettings Training, IPAddress Host, int Port)
{
    /// <summary>An address in numbers, <c>localhost</c>, or <c>*</c> for all addresses of this machine; null: neither.</summary>
    public static IPAddress? ParseHost(string host) => host switch
    {
        "localhost" => IPAddress.Loopback,
        "*" => IPAddress.Any,
        _ => IPAddress.TryParse(host, out var address) ? address : null,
    };

    /// <summary>Where others reach this machine, if it listens for them.</summary>
    public IEnumerable<Uri> OtherAddresses(int port)
    {
        if (!Host.Equals(IPAddress.Any) && !Host.Equals(IPAddress.IPv6Any))
            return [];
        return NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus == OperationalStatus.Up)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a))
            .Select(a => new UriBuilder(Uri.UriSchemeHttp, a.ToString(), port).Uri);
    }
}
