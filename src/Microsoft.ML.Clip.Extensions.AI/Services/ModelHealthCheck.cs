using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.ML.Clip;

/// <summary>Whether the model answers: each of its encoders runs once.</summary>
internal sealed class ModelHealthCheck(ModelLoader loader, Func<ClipModel> model) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (loader.IsLoading)
        {
            return new(context.Registration.FailureStatus, "The CLIP model is being loaded.");
        }
        try
        {
            long start = Stopwatch.GetTimestamp();
            var clip = await Task.Run(Run, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy("The CLIP model answers.", new Dictionary<string, object>
            {
                ["model"] = loader.Options.Name,
                ["dimensions"] = clip.EmbeddingDimension,
                ["milliseconds"] = Stopwatch.GetElapsedTime(start).TotalMilliseconds,
            });
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new(context.Registration.FailureStatus, $"The CLIP model does not answer: {e.Message}", e);
        }

        ClipModel Run()
        {
            var clip = model();
            clip.WarmUp(cancellationToken: cancellationToken);
            return clip;
        }
    }
}
