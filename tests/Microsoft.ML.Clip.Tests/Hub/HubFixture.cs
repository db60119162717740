namespace Microsoft.ML.Clip.Tests;

/// <summary>What tests of the hub have in common: a hub, a cache, and no environment and no waiting but their own.</summary>
public abstract class HubFixture : IDisposable
{
    private readonly List<TestHub> _hubs = [];
    private readonly List<TimeSpan> _waits = [];

    private protected TemporaryDirectory Directory { get; } = new();

    private protected string CacheFolder => Directory.Combine("cache");

    private protected Dictionary<string, string> Variables { get; } = [];

    /// <summary>How long was to be waited between tries.</summary>
    private protected IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (_waits)
            {
                return [.. _waits];
            }
        }
    }

    private protected HubEnvironment Environment => new(Variables.GetValueOrDefault, Directory.Combine("home"));

    public void Dispose()
    {
        _hubs.ForEach(h => h.Dispose());
        Directory.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The model that the repository carries, under its names.</summary>
    internal static Dictionary<string, byte[]> ModelFiles()
    {
        string folder = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");
        return System.IO.Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(folder, f).Replace('\\', '/'), File.ReadAllBytes);
    }

    private protected TestHub Start(TestHub hub)
    {
        _hubs.Add(hub);
        return hub;
    }

    private protected HubFetcher Fetcher(TestHub hub, ClipHubOptions? options = null, string id = TestHub.Id, Func<long?>? freeBytes = null) =>
        new(HubRepository.Parse(id), options ?? hub.Options(CacheFolder), Environment, Wait, freeBytes);

    private protected ClipModel Load(TestHub hub, ClipHubOptions? options = null, ClipModelOptions? model = null, string id = TestHub.Id) =>
        ClipModel.FromHubAsync(Fetcher(hub, options, id), model ?? new(), TestContext.Current.CancellationToken).GetAwaiter().GetResult();

    /// <summary>Downloads files and returns the directory of the commit.</summary>
    private protected string Fetch(TestHub hub, string[]? names = null, ClipHubOptions? options = null, CancellationToken? cancellationToken = null)
    {
        using var fetcher = Fetcher(hub, options);
        var token = cancellationToken ?? TestContext.Current.CancellationToken;
        var tree = fetcher.OpenAsync(token).GetAwaiter().GetResult();
        return fetcher.FetchAsync(tree, names ?? [.. hub.Files.Keys], token).GetAwaiter().GetResult();
    }

    private protected string CachePath(string relative) => Path.Combine(CacheFolder, "models--tests--tiny-clip", relative);

    /// <summary>A cached file is the hub's, and nothing half lies beside it.</summary>
    private protected void AssertFetched(TestHub hub, params string[] names)
    {
        foreach (string name in names.Length > 0 ? names : [.. hub.Files.Keys])
        {
            Assert.Equal(hub.Files[name], File.ReadAllBytes(CachePath($"snapshots/{TestHub.Commit}/{name}")));
        }
        Assert.DoesNotContain(System.IO.Directory.GetFiles(CacheFolder, "*", SearchOption.AllDirectories),
            f => f.EndsWith(".incomplete", StringComparison.Ordinal) || f.EndsWith(".tmp", StringComparison.Ordinal));
    }

    private Task Wait(TimeSpan time, CancellationToken cancellationToken)
    {
        lock (_waits)
        {
            _waits.Add(time);
        }
        return Task.Delay(1, cancellationToken);
    }
}
