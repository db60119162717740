using System.Diagnostics;
using Microsoft.ML.Clip.Tests;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Downloads one large file from a hub on this machine, by turns with curl, which checks no hash.</summary>
internal static class HubSpeed
{
    private const int Rounds = 15;

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

    /// <summary>The hub, until its standard input ends; prints its address and that of the file.</summary>
    public static void Serve(int megabytes)
    {
        byte[] content = new byte[megabytes * 1_000_000];
        new Random(1).NextBytes(content);
        using var hub = new TestHub(new Dictionary<string, byte[]> { ["model.bin"] = content });
        // The hub takes the hash when it is first asked.
        Console.WriteLine($"{hub.Endpoint} {hub.Cdn.Address}/{hub.Etag("model.bin")}?Signature=1");
        Console.In.ReadToEnd();
    }

    public static void Run(int megabytes)
    {
        using var server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. Assembly(), "hub-serve", $"{megabytes}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        string folder = Directory.CreateTempSubdirectory("clip-hub-").FullName;
        try
        {
            string[] addresses = server.StandardOutput.ReadLine()!.Split(' ');
            List<double> curl = [], ours = [], ratios = [];
            for (int round = 0; round < Rounds; round++)
            {
                string file = Path.Combine(folder, "curl.bin"), cache = Path.Combine(folder, "cache");
                curl.Add(Seconds(() => Curl(addresses[1], file)));
                // Both write a new file: an old one's pages would have to be freed first.
                File.Delete(file);
                ours.Add(Seconds(() => new ClipHub(new() { Endpoint = addresses[0], CacheDirectory = cache, Token = "" }).Download(TestHub.Id)));
                Directory.Delete(cache, recursive: true);
                ratios.Add(curl[^1] / ours[^1]);
            }
            Console.WriteLine($"{megabytes} MB, medians of {Rounds}: curl {megabytes / Median(curl):F0} MB/s, ours with hashing {megabytes / Median(ours):F0} MB/s, {Median(ratios):F2} times as fast ({ratios.Min():F2} to {ratios.Max():F2})");
        }
        finally
        {
            server.StandardInput.Close();
            server.WaitForExit();
            Directory.Delete(folder, recursive: true);
        }
    }

    // Started as 'dotnet FILE.dll' or as a program of its own.
    private static string[] Assembly() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(HubSpeed).Assembly.Location] : [];

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
