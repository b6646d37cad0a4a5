using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scorer.LoadTest;

/// <summary>
/// One connection of a client that allocates nothing and waits for nothing: requests are bytes made before, and whoever owns the connection asks it
/// again and again whether its answer has come. For one thread.
/// </summary>
internal sealed class LoadConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _received = new byte[1 << 16];
    private int _count;

    public LoadConnection(IPEndPoint service)
    {
        _socket.Connect(service);
        _socket.Blocking = false;
    }

    /// <summary>Whether an answer is still to come.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>What was asked.</summary>
    public Body Asked { get; private set; } = null!;

    /// <summary>When it was to be sent (<see cref="System.Diagnostics.Stopwatch"/>); sent it was then, or later.</summary>
    public long Due { get; private set; }

    /// <summary>The status of the answer.</summary>
    public int Status { get; private set; }

    /// <summary>The body of the answer, until the next is sent for.</summary>
    public ReadOnlyMemory<byte> Answer { get; private set; }

    public void Send(Body body, long due)
    {
        (IsWaiting, Asked, Due, _count) = (true, body, due, 0);
        for (var rest = body.Request.AsSpan(); rest.Length > 0;)
        {
            var sent = _socket.Send(rest, SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
                throw new SocketException((int)error);
            rest = rest[sent..];
        }
    }

    /// <summary>Takes what has come; true once the answer is complete.</summary>
    /// <exception cref="IOException">The service closed the connection, or its answer is not HTTP with a length.</exception>
    public bool TryReceive()
    {
        var count = _socket.Receive(_received.AsSpan(_count), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
            return false;
        if (error != SocketError.Success || count == 0)
            throw new IOException($"The service closed the connection in the middle ({error}).");
        _count += count;

        var text = _received.AsSpan(0, _count);
        var end = text.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;
        var (status, length) = Head(text[..(end + 2)]);
        if (_count < end + 4 + length)
            return false;
        (Status, Answer, IsWaiting) = (status, _received.AsMemory(end + 4, length), false);
        return true;
    }

    public void Dispose() => _socket.Dispose();

    private static (int Status, int Length) Head(ReadOnlySpan<byte> head)
    {
        var name = "Content-Length: "u8;
        var at = head.IndexOf(name);
        if (!head.StartsWith("HTTP/1.1 "u8) || at < 0 || !System.Buffers.Text.Utf8Parser.TryParse(head[(at + name.Length)..], out int length, out _)
            || !System.Buffers.Text.Utf8Parser.TryParse(head[9..], out int status, out _))
        {
            throw new IOException($"No answer with a length: {Encoding.UTF8.GetString(head)}");
        }
        return (status, length);
    }
}
