namespace Microsoft.ML.Clip;

/// <summary>
/// The cache of models and data sets, shared with Hugging Face's Python library: what is in it, whether it is whole, and getting or removing files without
/// loading a model. <see cref="ClipModel.FromHub"/> does all that is needed to use a model.
/// </summary>
/// <remarks>Thread-safe; other processes may use the cache meanwhile. Removing what another process has just opened can fail it.</remarks>
public sealed class ClipHub
{
    // For messages.
    private const string Cached = "The cache", CachedCommits = "The cache's folder";

    private readonly ClipHubOptions _options;
    private readonly HubEnvironment _environment;

    /// <summary>Looks at a cache; nothing is read or asked yet.</summary>
    /// <param name="options">Choices, or <see langword="null"/> for those of the environment.</param>
    public ClipHub(ClipHubOptions? options = null) : this(options ?? new(), HubEnvironment.OfProcess)
    {
    }

    internal ClipHub(ClipHubOptions options, HubEnvironment environment)
    {
        (_options, _environment) = (options, environment);
        CacheDirectory = HubFetcher.RootOf(options, environment);
    }

    /// <summary>The folder of the cache.</summary>
    public string CacheDirectory { get; }

    /// <summary>Everything that is cached, by id and commit.</summary>
    /// <returns>A snapshot for each commit; empty if there is no cache.</returns>
    /// <exception cref="IOException">A folder of the cache cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder of the cache may not be listed.</exception>
    public IReadOnlyList<ClipHubSnapshot> List() => !Folders.Exists(CacheDirectory, Cached) ? []
        : [.. Directory.EnumerateDirectories(CacheDirectory).Order(StringComparer.Ordinal)
            .Select(d => HubRepository.OfFolder(Path.GetFileName(d))).OfType<HubRepository>().SelectMany(repository => Snapshots(repository))];

    /// <summary>
    /// Reads every cached file of a repository, in all its commits, and compares its hash with the one that the hub has told. Loading a model compares lengths
    /// only.
    /// </summary>
    /// <param name="id">The repository: <c>Xenova/clip-vit-base-patch32</c>, <c>datasets/organisation/name</c>.</param>
    /// <param name="removeDamaged">Whether to remove what is damaged, so that it comes anew when it is next needed.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>What is wrong; empty if everything is right.</returns>
    /// <exception cref="ArgumentException"><paramref name="id"/> is no id.</exception>
    /// <exception cref="IOException">A folder of the cache cannot be listed, or a file not be read or removed.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder of the cache may not be listed, or a file not be read or removed.</exception>
    public IReadOnlyList<ClipHubFault> Verify(string id, bool removeDamaged = false, CancellationToken cancellationToken = default)
    {
        var repository = HubRepository.Parse(id);
        var cache = Cache(repository);
        var faults = new List<ClipHubFault>();
        foreach (var snapshot in Snapshots(repository))
        {
            var listing = cache.ReadTree(snapshot.Commit);
            foreach (string name in snapshot.Files)
            {
                string path = cache.PathOf(snapshot.Commit, name);
                var file = listing?.Find(name);
                string? blob = Path.GetFileName(new FileInfo(path).LinkTarget), etag = file?.Etag ?? (blob is not null && HubFile.IsEtag(blob) ? blob : null);
                long? length = HubCache.LengthOf(path);
                string? text = length is null ? "the link leads nowhere"
                    : etag is null ? "nothing here tells its hash"
                    : file is not null && file.Size != length ? $"it should have {file.Size:N0} bytes and has {length:N0}"
                    : HubHash.OfFile(path, etag, cancellationToken) is var found && found != etag ? $"its hash should be {etag} and is {found}" : null;
                if (text is null)
                {
                    continue;
                }
                bool isDamaged = length is null || etag is not null;
                faults.Add(new() { Commit = snapshot.Commit, File = name, Text = text, IsDamaged = isDamaged });
                if (removeDamaged && isDamaged)
                {
                    cache.Remove(snapshot.Commit, name, etag);
                }
            }
        }
        return faults;
    }

    /// <summary>Removes a repository from the cache, or one of its commits with what no other commit has.</summary>
    /// <param name="id">The repository.</param>
    /// <param name="commit">The commit; <see langword="null"/> for everything.</param>
    /// <returns>The bytes that became free; 0 if nothing was there.</returns>
    /// <exception cref="ArgumentException"><paramref name="id"/> is no id, or <paramref name="commit"/> no commit.</exception>
    /// <exception cref="IOException">A folder of the cache cannot be listed, or a file not be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder of the cache may not be listed, or a file not be removed.</exception>
    public long Remove(string id, string? commit = null)
    {
        var cache = Cache(HubRepository.Parse(id));
        if (commit is not null && !HubRepository.IsCommit(commit))
        {
            throw new ArgumentException($"'{ClipException.Shown(commit)}' is no commit; expected 40 hexadecimal digits, as {nameof(List)} gives them.", nameof(commit));
        }
        long before = cache.Bytes();
        if (commit is null)
        {
            cache.RemoveAll();
        }
        else if (Folders.Exists(cache.Snapshot(commit), CachedCommits))
        {
            cache.RemoveSnapshot(commit);
        }
        return before - cache.Bytes();
    }

    /// <summary>Has files put into the cache, unless they are there, and checks their hashes while they come.</summary>
    /// <param name="id">A model's repository, or that of a data set with <c>datasets/</c> before it.</param>
    /// <param name="include">Says by its name whether a file is wanted; <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">Ends the download; what has come is kept, and the next one goes on from there.</param>
    /// <returns>The directory of the commit, with the files under their names.</returns>
    /// <exception cref="ArgumentException"><paramref name="id"/> is no id.</exception>
    /// <exception cref="ClipHubException">The files cannot be had; the message says why and what to do.</exception>
    public async Task<string> DownloadAsync(string id, Func<string, bool>? include = null, CancellationToken cancellationToken = default)
    {
        using var fetcher = new HubFetcher(HubRepository.Parse(id), _options, _environment);
        var tree = await fetcher.OpenAsync(cancellationToken).ConfigureAwait(false);
        var names = fetcher.NamesOf(tree);
        return await fetcher.FetchAsync(tree, names.Where(name => include?.Invoke(name) ?? true), cancellationToken).ConfigureAwait(false);
    }

    /// <summary><see cref="DownloadAsync"/>, waiting for it.</summary>
    /// <inheritdoc cref="DownloadAsync"/>
    public string Download(string id, Func<string, bool>? include = null, CancellationToken cancellationToken = default) =>
        DownloadAsync(id, include, cancellationToken).GetAwaiter().GetResult();

    private HubCache Cache(HubRepository repository) => new(CacheDirectory, repository, usesLinks: true);

    private IEnumerable<ClipHubSnapshot> Snapshots(HubRepository repository)
    {
        var cache = Cache(repository);
        if (!Folders.Exists(cache.Snapshots, CachedCommits))
        {
            return [];
        }
        var revisions = cache.Revisions().ToLookup(r => r.Commit, r => r.Revision);
        var commits = Directory.EnumerateDirectories(cache.Snapshots).Select(d => Path.GetFileName(d)!).Where(HubRepository.IsCommit);
        return commits.Order(StringComparer.Ordinal).Select(commit =>
        {
            var names = cache.NamesOf(commit);
            return new ClipHubSnapshot
            {
                Id = repository.Id,
                Commit = commit,
                Revisions = [.. revisions[commit].Order(StringComparer.Ordinal)],
                Directory = cache.Snapshot(commit),
                Files = names,
                Bytes = names.Sum(n => HubCache.LengthOf(cache.PathOf(commit, n)) ?? 0),
            };
        });
    }
}
