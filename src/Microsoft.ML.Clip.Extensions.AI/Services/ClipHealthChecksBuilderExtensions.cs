using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.ML.Clip;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The health check of a CLIP model in a container.</summary>
public static class ClipHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that runs each encoder of the model once, on a text and on an image of 16 x 12 pixels: as long as one row takes. While the model is being
    /// loaded it says so and does not wait; where nobody has asked for the model yet, the check does.
    /// </summary>
    /// <param name="builder">What <c>services.AddHealthChecks()</c> gives.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="serviceKey">The key of the model; <see langword="null"/> for the one without.</param>
    /// <param name="failureStatus">What is reported where it fails; <see langword="null"/> for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags by which checks are chosen.</param>
    /// <param name="timeout">How long it may take; <see langword="null"/> for any time.</param>
    /// <returns>The builder.</returns>
    public static IHealthChecksBuilder AddClip(this IHealthChecksBuilder builder, string name = "clip", string? serviceKey = null,
        HealthStatus? failureStatus = null, IEnumerable<string>? tags = null, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return builder.Add(new HealthCheckRegistration(name,
            services => new ModelHealthCheck(services.Of<ModelLoader>(serviceKey), () => services.Of<ClipModel>(serviceKey)), failureStatus, tags, timeout));
    }
}
