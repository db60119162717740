using Microsoft.Extensions.Hosting;

namespace Microsoft.ML.Clip;

/// <summary>Has the model ready before the host has started.</summary>
internal sealed class WarmUpService(ModelLoader loader, Func<ClipModel> model) : IHostedService
{
    // Not on the thread that starts the host; and whoever stops it while a model comes does not wait for that.
    public Task StartAsync(CancellationToken cancellationToken) => !loader.Options.WarmUp ? Task.CompletedTask
        : Task.Run(() => model().WarmUp(cancellationToken: cancellationToken), cancellationToken).WaitAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
