using System.Reflection;
using Microsoft.ML.Clip.Tests;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>First inputs that several readers share, and what they look at.</summary>
internal static class Inputs
{
    private const string Location = "the fuzzed model";

    public static readonly string Repository = typeof(Inputs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!;

    /// <summary>A folder in memory, where the system has one, for readers that take a path. One for each process.</summary>
    public static string Folder { get; } = MakeFolder();

    /// <summary>The files of a model that the tests' own writer makes.</summary>
    public static Dictionary<string, byte[]> TinyModel(TinyClipOptions options)
    {
        string folder = Path.Combine(Folder, "tiny");
        TinyClip.WriteTo(folder, options);
        var files = ReadFolder(folder, _ => true);
        Directory.Delete(folder, recursive: true);
        return files;
    }

    /// <summary>The small files of the repository's own model.</summary>
    public static Dictionary<string, byte[]> SampleModel() => ReadFolder(Path.Combine(Repository, "samples/models/tiny-clip"), name => name.EndsWith(".json", StringComparison.Ordinal));

    /// <summary>The small files with an ending below the repository's folder of attacks, where it has one beside it; see CONTRIBUTING.md.</summary>
    public static IEnumerable<byte[]> Attacks(int maximumLength, params string[] endings)
    {
        string folder = Path.Combine(Repository, "../shared/fixtures/attack");
        return !Directory.Exists(folder) ? [] : Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Where(f => endings.Any(e => f.EndsWith(e, StringComparison.Ordinal)) && new FileInfo(f).Length <= maximumLength).Select(File.ReadAllBytes);
    }

    public static MemoryModelFiles Files(IReadOnlyDictionary<string, byte[]> files) => new(files, Location);

    public static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new WrongResultException(message);
        }
    }

    private static Dictionary<string, byte[]> ReadFolder(string folder, Func<string, bool> isWanted) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(isWanted)
            .ToDictionary(f => Path.GetRelativePath(folder, f).Replace('\\', '/'), File.ReadAllBytes);

    private static string MakeFolder()
    {
        string parent = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), folder = Path.Combine(parent, $"clip-fuzz-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
