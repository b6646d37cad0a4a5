using Microsoft.AspNetCore.Diagnostics;
using Scorer.Data;

namespace Scorer.Serving;

/// <summary>Puts the service together.</summary>
internal static class ScorerServer
{
    /// <summary>Requests that are being answered have so long to end once the service stops listening.</summary>
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(10);

    /// <summary>A service that scores with the model's network, and trains a copy of it. It has to be started.</summary>
    /// <param name="model">What it begins with.</param>
    /// <param name="settings">Where and how it serves.</param>
    /// <param name="configure">Changes to the application, if any.</param>
    public static WebApplication Create(ScorerModel model, ServeSettings settings, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls(settings.Url);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.MaxBytes;
        });

        // No request waits for anything but its connection, so one thread can take it from the socket to its answer; see SocketThreads too.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

        // That it cannot start is an exception, which the command line shows in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);

        var services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Drain + ShutdownTime);
        services.AddSingleton(settings);
        services.AddSingleton(model.Schema);
        services.AddSingleton(new RowReader(model.Schema, settings.MaxRows));
        services.AddSingleton(new Publication(model.Network));
        services.AddSingleton(new RowQueue(settings.QueueRows));
        services.AddSingleton<ScorerMetrics>();
        services.AddSingleton<PrometheusText>();
        services.AddSingleton<ShadowTrainer>();
        services.AddSingleton<Endpoints>();

        // They are stopped in the opposite order: the wait first, then the server (which the host adds last of all), then the training.
        services.AddHostedService(provider => provider.GetRequiredService<ShadowTrainer>());
        services.AddHostedService<Drain>();
        if (settings.OwnProcessors)
            services.AddHostedService<OwnProcessors>();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = context => Endpoints.WriteProblemAsync(context, Problem.Internal()) });
        app.UseStatusCodePages(pages => Endpoints.WriteProblemAsync(
            pages.HttpContext, Problem.NotServed(pages.HttpContext.Response.StatusCode, pages.HttpContext.Request.Method, pages.HttpContext.Request.Path)));
        app.Services.GetRequiredService<Endpoints>().Map(app);
        return app;
    }

    /// <summary>Says 'not ready' for a while before the server stops listening.</summary>
    private sealed class Drain(ServeSettings settings, IHostApplicationLifetime lifetime) : IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken)
        {
            lifetime.StopApplication();
            return Task.Delay(settings.Drain, cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
