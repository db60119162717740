using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.ML.Clip;

/// <summary>Services with a key and without one, by the same calls.</summary>
internal static class KeyedServices
{
    public static T Of<T>(this IServiceProvider services, string? key)
        where T : notnull => key is null ? services.GetRequiredService<T>() : services.GetRequiredKeyedService<T>(key);

    public static void AddSingleton<T>(this IServiceCollection services, string? key, Func<IServiceProvider, T> make)
        where T : class
    {
        if (key is null)
        {
            services.AddSingleton(make);
        }
        else
        {
            services.AddKeyedSingleton(key, (provider, _) => make(provider));
        }
    }
}
