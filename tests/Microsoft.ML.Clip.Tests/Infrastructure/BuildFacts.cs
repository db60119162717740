using System.Reflection;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What the build knew and the tests need.</summary>
internal static class BuildFacts
{
    public static string RepositoryRoot => Get("RepositoryRoot");

    public static string Evaluate => Get("Evaluate");

    public static string Everyday => Get("Everyday");

    public static string FreshProcess => Get("FreshProcess");

    public static string LinearProbe => Get("LinearProbe");

    public static string OrleansEmbedding => Get("OrleansEmbedding");

    /// <summary>NuGet's folder of packages, where the restore of this repository has put them.</summary>
    public static string PackageCache => Get("PackageCache");

    public static string PaperTour => Get("PaperTour");

    public static string PhotoSearch => Get("PhotoSearch");

    public static string QuickStart => Get("QuickStart");

    public static string ShardProcess => Get("ShardProcess");

    public static string Soak => Get("Soak");

    public static string TrainLockedClip => Get("TrainLockedClip");

    private static string Get(string key) =>
        typeof(BuildFacts).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
