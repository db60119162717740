using BenchmarkDotNet.Attributes;
using Microsoft.ML.Clip.Tests;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>What a hub's id costs once everything is cached, beside loading the same directory.</summary>
[ShortJob]
public class HubBenchmarks
{
    private string _directory = "";
    private ClipHubOptions _pinned = new(), _offline = new();

    /// <summary>Downloads the repository's own model from a hub on this machine, which then ends: nothing is left to be asked.</summary>
    [GlobalSetup]
    public void Setup()
    {
        using var hub = new TestHub(HubSpeed.Model());
        var options = hub.Options(Directory.CreateTempSubdirectory("clip-hub-").FullName);
        _directory = new ClipHub(options).Download(TestHub.Id);
        (_pinned, _offline) = (options with { Revision = TestHub.Commit }, options with { Offline = true });
    }

    /// <summary>Removes the cache.</summary>
    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_pinned.CacheDirectory!, recursive: true);

    /// <summary>The directory in the cache.</summary>
    [Benchmark(Baseline = true)]
    public void Load() => ClipModel.Load(_directory).Dispose();

    /// <summary>The id, with a commit.</summary>
    [Benchmark]
    public void FromHub_Commit() => ClipModel.FromHub(TestHub.Id, _pinned).Dispose();

    /// <summary>The id, offline.</summary>
    [Benchmark]
    public void FromHub_Offline() => ClipModel.FromHub(TestHub.Id, _offline).Dispose();
}
