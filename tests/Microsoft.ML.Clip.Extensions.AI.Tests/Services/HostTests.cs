using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A model in a host: warm before it has started, and asked how it is.</summary>
public sealed class HostTests
{
    [Fact]
    public async Task Start_OpensTheSessions()
    {
        using var lines = new LogLines();
        using var host = Host(lines, services => services.AddClip(options => options.Directory = SampleModel.Directory));

        await host.StartAsync();

        // Said when a session is opened: both are, and nobody has asked for an embedding.
        Assert.Contains(lines.Lines, line => line.Contains("vision_model.onnx", StringComparison.Ordinal));
        Assert.Contains(lines.Lines, line => line.Contains("text_model.onnx", StringComparison.Ordinal));
        await host.StopAsync();
    }

    [Fact]
    public async Task Start_WithoutWarmUp_LoadsNothing()
    {
        using var host = Host(null, services => services.AddClip(options => (options.Directory, options.WarmUp) = ("/nowhere", false)));

        await host.StartAsync();

        Assert.Throws<DirectoryNotFoundException>(() => host.Services.GetRequiredService<ClipModel>());
        await host.StopAsync();
    }

    [Fact]
    public async Task Start_WithoutAModelOrSettings_Fails()
    {
        using var nowhere = Host(null, services => services.AddClip(options => options.Directory = "/nowhere"));
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => nowhere.StartAsync());

        // Whether it warms up or not: settings are checked before anything is started.
        using var unset = Host(null, services => services.AddClip(options => options.WarmUp = false));
        await Assert.ThrowsAsync<OptionsValidationException>(() => unset.StartAsync());
    }

    [Fact]
    public async Task Start_ThatIsCancelled_Ends()
    {
        using var host = Host(null, services => services.AddClip(options => options.Directory = SampleModel.Directory));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.StartAsync(cancelled.Token));
    }

    [Fact]
    public async Task HealthCheck_OfAModelThatAnswers_IsHealthy()
    {
        using var host = Host(null, services => services.AddClip(options => options.Directory = SampleModel.Directory)
            .AddKeyedClip("second", options => (options.Directory, options.WarmUp) = (SampleModel.Directory, false))
            .AddHealthChecks().AddClip(tags: ["ready"]).AddClip("clip-second", "second"));
        await host.StartAsync();

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal(["clip", "clip-second"], report.Entries.Keys.Order());
        Assert.Equal(["ready"], report.Entries["clip"].Tags);
        Assert.Equal("tiny-clip", report.Entries["clip"].Data["model"]);
        Assert.Equal(128, report.Entries["clip"].Data["dimensions"]);
        await host.StopAsync();
    }

    [Fact]
    public async Task HealthCheck_OfAModelThatIsNotThere_SaysWhy()
    {
        using var host = Host(null, services => services.AddClip(options => (options.Directory, options.WarmUp) = ("/nowhere", false))
            .AddHealthChecks().AddClip(failureStatus: HealthStatus.Degraded));
        await host.StartAsync();

        var entry = (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["clip"];

        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.IsType<DirectoryNotFoundException>(entry.Exception);
        Assert.Contains("/nowhere", entry.Description, StringComparison.Ordinal);
        await host.StopAsync();
    }

    [Fact]
    public async Task HealthCheck_OfAModelThatWasDisposed_IsUnhealthy()
    {
        using var host = Host(null, services => services.AddClip(options => options.Directory = SampleModel.Directory).AddHealthChecks().AddClip());
        await host.StartAsync();
        host.Services.GetRequiredService<ClipModel>().Dispose();

        var entry = (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["clip"];

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.IsType<ObjectDisposedException>(entry.Exception);
        await host.StopAsync();
    }

    [Fact]
    public async Task HealthCheck_WhileTheModelComes_DoesNotWait()
    {
        // A hub that takes the question and never answers.
        using var hub = new TcpListener(IPAddress.Loopback, 0);
        hub.Start();
        using var cache = new TemporaryDirectory();
        using var host = Host(null, services => services.AddClip(options =>
        {
            options.HubId = "organisation/model";
            options.Hub = new() { Endpoint = $"http://{hub.LocalEndpoint}", CacheDirectory = cache.Combine("hub"), Timeout = TimeSpan.FromMinutes(10) };
        }).AddHealthChecks().AddClip());
        using var stop = new CancellationTokenSource();
        var starting = host.StartAsync(stop.Token);
        using var asked = await hub.AcceptTcpClientAsync();

        var entry = (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["clip"];

        Assert.Equal((HealthStatus.Unhealthy, "The CLIP model is being loaded."), (entry.Status, entry.Description));
        Assert.False(starting.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        // And the download ends with the container: the hub sees that nobody is there any more.
        host.Dispose();
        var connection = asked.GetStream();
        byte[] rest = new byte[4096];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await connection.ReadAsync(rest, patience.Token) > 0)
        {
        }
    }

    private static IHost Host(LogLines? lines, Action<IServiceCollection> add)
    {
        var builder = new HostBuilder().ConfigureLogging(logging =>
        {
            if (lines is not null)
            {
                logging.AddProvider(lines);
            }
        });
        return builder.ConfigureServices(add).Build();
    }
}
