using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Digits.Serving;

/// <summary>
/// The page on which to draw, and what it asks: <c>POST api/read</c> with a drawing gives a reading, <c>GET api/network</c> tells what the network is.
/// What goes wrong is answered with problem details (RFC 9457).
/// </summary>
internal sealed class DigitServer : IAsyncDisposable
{
    /// <summary>The smallest and the largest drawing, in pixels a side.</summary>
    private const int LeastSide = 28;
    private const int MostSide = 512;
    private const string DrawingType = "application/octet-stream";

    /// <summary>The page asks nobody else for anything.</summary>
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly WebApplication _app;
    private readonly DrawingReader _reader;
    private readonly TextWriter _errors;
    private readonly byte[] _network;
    private readonly ConcurrentBag<Reading> _readings = [];

    // Finding the digit on a large drawing takes some memory and milliseconds: not for everybody at once.
    private readonly SemaphoreSlim _turns = new(Environment.ProcessorCount);

    private DigitServer(DigitNet network, ServeSettings settings, TextWriter errors)
    {
        _reader = new DrawingReader(network);
        _errors = errors;
        _network = DescribeNetwork();
        // Empty: what the server does depends on its command line alone, not on the environment or on files where it was started.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostSide * MostSide;
            kestrel.Limits.MaxConcurrentConnections = 256;
            kestrel.Listen(settings.Host, settings.Port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddRoutingCore().AddProblemDetails(o => o.CustomizeProblemDetails = c => c.ProblemDetails.Detail ??= DetailOf(c.HttpContext));
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(2));
        _app = builder.Build();

        _app.Use(AddHeadersAsync);
        _app.UseExceptionHandler(new ExceptionHandlerOptions { StatusCodeSelector = StatusOf });
        _app.UseStatusCodePages();
        _app.UseRouting();
        foreach (var file in PageFile.ReadAll())
            _app.MapMethods(file.Path, ["GET", "HEAD"], context => SendAsync(context, file));
        _app.MapGet("/api/network", context => SendJsonAsync(context.Response, _network));
        _app.MapPost("/api/read", ReadAsync);
    }

    /// <summary>Where it can be reached from this machine; known once it has started.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Begins to serve.</summary>
    /// <param name="network">It must not be used by others meanwhile.</param>
    /// <param name="settings">Where to listen.</param>
    /// <param name="errors">Where to tell of the program's own mistakes.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="UserErrorException">The address or the port cannot be had.</exception>
    public static async Task<DigitServer> StartAsync(DigitNet network, ServeSettings settings, TextWriter errors, CancellationToken cancellation)
    {
        var server = new DigitServer(network, settings, errors);
        try
        {
            await server._app.StartAsync(cancellation);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            await server.DisposeAsync();
            throw new UserErrorException(e is AddressInUseException || e.InnerException is AddressInUseException
                ? $"Port {settings.Port} of {settings.Host} is in use; --port takes another one, 0 any that is free."
                : $"Cannot listen at {settings.Host}, port {settings.Port}: {e.Message}");
        }
        var bound = new Uri(server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        var any = settings.Host.Equals(IPAddress.Any) || settings.Host.Equals(IPAddress.IPv6Any);
        server.Address = any ? new UriBuilder(bound) { Host = "localhost" }.Uri : bound;
        return server;
    }

    /// <summary>Serves until it is told to end, by Ctrl+C or by the token.</summary>
    public Task RunAsync(CancellationToken cancellation) => _app.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _turns.Dispose();
    }

    private byte[] DescribeNetwork()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteNumber("parameters", DigitNet.ParameterCount);
        json.WriteStartArray("stages");
        foreach (var stage in _reader.Stages)
        {
            json.WriteStartObject();
            stage.WriteTo(json);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        var filters = _reader.Filters;
        json.WriteStartObject("filters");
        json.WriteNumber("count", filters.Count);
        json.WriteNumber("side", filters.Side);
        json.WriteStartArray("weights");
        foreach (var weight in filters.Weights)
            json.WriteNumberValue(weight);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static Task AddHeadersAsync(HttpContext context, RequestDelegate next)
    {
        // On starting, since the handler of errors clears what was set before.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            if (headers.CacheControl.Count == 0)
                headers.CacheControl = "no-store";
            return Task.CompletedTask;
        });
        return next(context);
    }

    private int StatusOf(Exception e)
    {
        if (e is Microsoft.AspNetCore.Http.BadHttpRequestException refused)
            return refused.StatusCode;
        _errors.WriteLine($"error: {e}");
        return StatusCodes.Status500InternalServerError;
    }

    /// <summary>For what the server refuses by itself.</summary>
    private static string? DetailOf(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => $"There is no {context.Request.Path} here: the page is /, drawings are read by POST /api/read.",
        StatusCodes.Status405MethodNotAllowed => $"{context.Request.Path} wants {context.Response.Headers.Allow}, not {context.Request.Method}.",
        StatusCodes.Status413PayloadTooLarge => $"A drawing has at most {MostSide}x{MostSide} pixels, one byte each.",
        StatusCodes.Status500InternalServerError => "The program made a mistake; it says more where it was started.",
        _ => null,
    };

    private static Task SendAsync(HttpContext context, PageFile file)
    {
        var headers = context.Response.Headers;
        headers.ETag = file.ETag;
        // Asked for again each time, sent again only when the program is another one.
        headers.CacheControl = "no-cache";
        if (context.Request.Headers.IfNoneMatch == file.ETag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        context.Response.ContentType = file.ContentType;
        context.Response.ContentLength = file.Bytes.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(file.Bytes).AsTask();
    }

    private static Task SendJsonAsync(HttpResponse response, ReadOnlyMemory<byte> json)
    {
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        return response.Body.WriteAsync(json).AsTask();
    }

    private async Task ReadAsync(HttpContext context)
    {
        if (!string.Equals(context.Request.ContentType, DrawingType, StringComparison.OrdinalIgnoreCase))
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, $"A drawing is sent as {DrawingType}, not as {context.Request.ContentType ?? "nothing in particular"}.");
            return;
        }
        var ink = ArrayPool<byte>.Shared.Rent(MostSide * MostSide);
        var reading = _readings.TryTake(out var used) ? used : new Reading(_reader.Stages);
        try
        {
            var length = await context.Request.Body.ReadAtLeastAsync(ink, ink.Length, throwOnEndOfStream: false, context.RequestAborted);
            var side = (int)Math.Sqrt(length);
            if (side * side != length || side < LeastSide)
            {
                await RefuseAsync(context, StatusCodes.Status400BadRequest,
                    $"A drawing is a square of {LeastSide} to {MostSide} pixels a side, one byte each (0: paper, 255: ink), row by row; {length} bytes are none.");
                return;
            }
            await _turns.WaitAsync(context.RequestAborted);
            try
            {
                _reader.Read(ink.AsSpan(0, length), reading);
            }
            catch (UserErrorException e)
            {
                await RefuseAsync(context, StatusCodes.Status422UnprocessableEntity, e.Message);
                return;
            }
            finally
            {
                _turns.Release();
            }
            var answer = new ArrayBufferWriter<byte>(32 << 10);
            await using (var json = new Utf8JsonWriter(answer))
                reading.WriteTo(json);
            await SendJsonAsync(context.Response, answer.WrittenMemory);
        }
        finally
        {
            _readings.Add(reading);
            ArrayPool<byte>.Shared.Return(ink);
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string detail) => TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context);
}
