using System.Reflection;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>What the build knew.</summary>
internal static class Metadata
{
    public static string Get(string key) => typeof(Metadata).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
