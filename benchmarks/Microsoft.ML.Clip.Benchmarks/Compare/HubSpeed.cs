using System.Diagnostics;
using Microsoft.ML.Clip.Tests;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Downloads one large file from a hub on this machine, by turns with curl, which checks no hash.</summary>
internal static class HubSpeed
{
    private const int Rounds = 7;

    /// <summary>The model that the repository carries.</summary>
    public static Dictionary<string, byte[]> Model()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            string folder = Path.Combine(d.FullName, "samples", "models", "tiny-clip");
            if (Directory.Exists(folder))
            {
                return Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
                    .ToDictionary(f => Path.GetRelativePath(folder, f).Replace('\\', '/'), File.ReadAllBytes);
            }
        }
        throw new DirectoryNotFoundException("samples/models/tiny-clip is not above this program.");
    }

    public static void Run(int megabytes)
    {
        byte[] content = new byte[megabytes * 1_000_000];
        new Random(1).NextBytes(content);
        using var hub = new TestHub(new Dictionary<string, byte[]> { ["model.bin"] = content });
        string folder = Directory.CreateTempSubdirectory("clip-hub-").FullName;
        try
        {
            // The hub takes the hash when it is first asked.
            string address = $"{hub.Cdn.Address}/{hub.Etag("model.bin")}?Signature=1";
            List<double> curl = [], ours = [], once = [];
            for (int round = 0; round < Rounds; round++)
            {
                string file = Path.Combine(folder, "curl.bin");
                curl.Add(Seconds(() => Curl(address, file)));
                // Both write a new file: an old one's pages would have to be freed first.
                File.Delete(file);
                string cache = Path.Combine(folder, $"cache-{round}");
                ours.Add(Seconds(() => new ClipHub(hub.Options(cache)).Download(TestHub.Id)));
                Directory.Delete(cache, recursive: true);
                once.Add(Seconds(() => TestHub.Sha256(content)));
            }
            double best = Median(curl), own = Median(ours);
            Console.WriteLine($"{megabytes} MB, medians of {Rounds}: curl {megabytes / best:F0} MB/s, ours with hashing {megabytes / own:F0} MB/s, {best / own:F2} times as fast; SHA-256 alone {megabytes / Median(once):F0} MB/s");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Curl(string address, string file)
    {
        using var process = Process.Start("curl", ["--silent", "--show-error", "--fail", "--noproxy", "*", "--output", file, address]);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"curl ended with {process.ExitCode}.");
        }
    }

    private static double Seconds(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
