using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.ML.Clip;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>A CLIP model in a container, with its embedding generators.</summary>
/// <remarks>
/// <para>All are singletons: <see cref="ClipModel"/>, loaded by whoever asks first, or by the host while it starts (<see cref="ClipServiceOptions.WarmUp"/>), and
/// disposed by the container; generators of <see cref="string"/>, of <see cref="DataContent"/> and of <see cref="object"/>, which takes both; and
/// <see cref="IEmbeddingGenerator"/>, which vector stores ask for: the last one, or the only one that the model has an encoder for. As with all registrations
/// the last generator of a type is the one that is resolved.</para>
/// <para>What the model says (<see cref="ClipModel.Message"/>) goes to the container's loggers, category <c>Microsoft.ML.Clip</c>.</para>
/// </remarks>
public static class ClipServiceCollectionExtensions
{
    private const string LogCategory = "Microsoft.ML.Clip";

    /// <summary>Adds a model and its generators.</summary>
    /// <remarks>
    /// Called again it adds settings to the same model. Settings can also come from <c>services.Configure&lt;ClipServiceOptions&gt;(section)</c>.
    /// A model that was loaded stays, with its name: settings that change later are those of the next start.
    /// </remarks>
    /// <param name="services">The services.</param>
    /// <param name="configure">Says which model; <see langword="null"/> if that is configured elsewhere.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddClip(this IServiceCollection services, Action<ClipServiceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return Add(services, key: null, configure);
    }

    /// <summary>Adds a model and its generators under a key, beside others.</summary>
    /// <remarks>Its options have the key as their name: <c>services.Configure&lt;ClipServiceOptions&gt;(key, section)</c>.</remarks>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key.</param>
    /// <param name="configure">Says which model; <see langword="null"/> if that is configured elsewhere.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    public static IServiceCollection AddKeyedClip(this IServiceCollection services, string serviceKey, Action<ClipServiceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        return Add(services, serviceKey, configure);
    }

    private static IServiceCollection Add(IServiceCollection services, string? key, Action<ClipServiceOptions>? configure)
    {
        string name = key ?? Options.Options.DefaultName;
        var options = services.AddOptions<ClipServiceOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }
        if (services.Any(s => s.ServiceType == typeof(ModelLoader) && Equals(s.ServiceKey, key)))
        {
            return services;
        }
        options.ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ClipServiceOptions>, ServiceOptionsValidator>());
        services.AddSingleton(key, provider => new ModelLoader(provider.GetRequiredService<IOptionsMonitor<ClipServiceOptions>>(), name,
            provider.GetService<ILoggerFactory>()?.CreateLogger(LogCategory) ?? NullLogger.Instance));
        services.AddSingleton(key, provider => provider.Of<ModelLoader>(key).Load());
        services.AddSingleton(key, provider => provider.Of<ClipModel>(key).AsTextEmbeddingGenerator(Name(provider)));
        services.AddSingleton(key, provider => provider.Of<ClipModel>(key).AsImageEmbeddingGenerator(Name(provider)));
        services.AddSingleton(key, provider => provider.Of<ClipModel>(key).AsEmbeddingGenerator(Name(provider)));
        services.AddSingleton(key, Any);
        services.AddSingleton<IHostedService>(provider => new WarmUpService(provider.Of<ModelLoader>(key), () => provider.Of<ClipModel>(key)));
        return services;

        string Name(IServiceProvider provider) => provider.Of<ModelLoader>(key).Options.Name;

        IEmbeddingGenerator Any(IServiceProvider provider) => provider.Of<ClipModel>(key) switch
        {
            { HasImageEncoder: false } => provider.Of<IEmbeddingGenerator<string, Embedding<float>>>(key),
            { HasTextEncoder: false } => provider.Of<IEmbeddingGenerator<DataContent, Embedding<float>>>(key),
            _ => provider.Of<IEmbeddingGenerator<object, Embedding<float>>>(key),
        };
    }
}
