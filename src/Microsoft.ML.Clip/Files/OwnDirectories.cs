using System.Collections.Concurrent;

namespace Microsoft.ML.Clip;

/// <summary>
/// The model directories that this process has itself asked for, to be kept by reference. A saved model that names one of them makes the process read nothing
/// that it would not read anyway. Thread-safe.
/// </summary>
internal static class OwnDirectories
{
    private static readonly ConcurrentDictionary<string, bool> Known = new(StringComparer.Ordinal);

    public static void Add(string fullPath) => Known.TryAdd(fullPath, true);

    public static bool Contains(string fullPath) => Known.ContainsKey(fullPath);
}
