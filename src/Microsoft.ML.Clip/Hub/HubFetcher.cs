namespace Microsoft.ML.Clip;

/// <summary>A commit of a repository, and what is in it.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Listing">Its files; null where only those are known that are here.</param>
/// <param name="Message">What the caller should hear of; null if nothing.</param>
internal sealed record HubTree(string Commit, HubListing? Listing, string? Message);

/// <summary>
/// Brings files of one repository into the cache, as options and environment say. What is there is not asked for: with a commit as revision, or offline, not
/// one request is made then.
/// </summary>
internal sealed class HubFetcher : IDisposable
{
    private const string DefaultRevision = "main";

    // Small files wait for answers most of the time.
    private const int AtOnce = 4;

    // What the system's timers take.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromMilliseconds(int.MaxValue);

    private readonly ClipHubOptions _options;
    private readonly HubEnvironment _environment;
    private readonly string _endpoint;
    private readonly string _revision;
    private readonly HubErrors _errors;
    private readonly Func<TimeSpan, CancellationToken, Task> _wait;
    private readonly Lazy<HubClient> _client;

    /// <param name="repository">Whose files.</param>
    /// <param name="options">Choices.</param>
    /// <param name="environment">What holds where they say nothing.</param>
    /// <param name="wait">Waits between tries; null for the clock.</param>
    /// <param name="freeBytes">The free bytes of the disk; null to ask the system.</param>
    public HubFetcher(HubRepository repository, ClipHubOptions options, HubEnvironment environment, Func<TimeSpan, CancellationToken, Task>? wait = null,
        Func<long?>? freeBytes = null)
    {
        (Repository, _options, _environment, _wait) = (repository, options, environment, wait ?? Task.Delay);
        _endpoint = CheckEndpoint(options.Endpoint?.Trim().TrimEnd('/') is { Length: > 0 } endpoint ? endpoint : environment.Endpoint);
        _revision = HubRepository.CheckRevision(options.Revision ?? DefaultRevision);
        if (options.Timeout is { } timeout && (timeout <= TimeSpan.Zero || timeout > LongestTimeout))
        {
            throw new ArgumentOutOfRangeException(nameof(options), $"{nameof(options.Timeout)} is {timeout}; expected more than zero and at most {LongestTimeout}.");
        }
        Cache = new HubCache(RootOf(options, environment), repository, usesLinks: !environment.DisablesLinks);
        FreeBytes = freeBytes ?? Cache.FreeBytes;
        string? token = (options.Token ?? environment.Token)?.Trim() is { Length: > 0 } given ? given : null;
        // For suggestions: a cache that cannot be listed has none.
        _errors = new HubErrors(repository, _endpoint, token is not null, () => Directory.Exists(Cache.Root) && Folders.Problem(Cache.Root) is null
            ? Directory.EnumerateDirectories(Cache.Root).Select(d => HubRepository.OfFolder(Path.GetFileName(d))?.Id).OfType<string>() : []);
        _client = new Lazy<HubClient>(() => IsOffline ? throw new InvalidOperationException("A request was to be made offline.")
            : new HubClient(_endpoint, token, options.Timeout ?? environment.AnswerTimeout, _errors, _wait));
    }

    public HubRepository Repository { get; }

    public HubCache Cache { get; }

    public bool IsOffline => _options.Offline ?? _environment.IsOffline;

    private Func<long?> FreeBytes { get; }

    /// <summary>The folder of the cache.</summary>
    public static string RootOf(ClipHubOptions options, HubEnvironment environment) =>
        Path.GetFullPath(string.IsNullOrWhiteSpace(options.CacheDirectory) ? environment.CacheDirectory : options.CacheDirectory);

    /// <summary>Finds out which commit is meant, and what is in it.</summary>
    public async Task<HubTree> OpenAsync(CancellationToken cancellationToken)
    {
        string? message = null, commit = HubRepository.IsCommit(_revision) ? _revision : null, known = commit is null ? Cache.ReadRef(_revision) : null;
        if (commit is null && IsOffline)
        {
            commit = known ?? throw NotCached($"revision '{_revision}' was never asked for");
        }
        try
        {
            // With an answer at hand, one try is enough.
            int tries = known is null ? HubRetry.DefaultTries : 1;
            commit ??= await _client.Value.ResolveAsync(Repository, _revision, tries, cancellationToken).ConfigureAwait(false);
        }
        catch (ClipHubException e) when (known is not null && e.Problem is ClipHubProblem.Unreachable or ClipHubProblem.TooManyRequests)
        {
            message = $"Taking '{_revision}' of '{Repository.Id}' as it was last, {known}: {e.Message} With that commit as {nameof(ClipHubOptions)}.{nameof(ClipHubOptions.Revision)}, or offline, nothing is asked.";
            commit = known!;
        }
        var listing = Cache.ReadTree(commit);
        if (listing is null && !IsOffline && message is null)
        {
            listing = await _client.Value.ListAsync(Repository, commit, cancellationToken).ConfigureAwait(false);
            Remember(() => Cache.WriteTree(commit, listing));
        }
        return listing is not null || Directory.Exists(Cache.Snapshot(commit)) ? new HubTree(commit, listing, message) : throw NotCached($"nothing of commit {commit} is there");
    }

    /// <summary>The names of the files of a commit: those that the hub has, or where that is not known those that are here.</summary>
    /// <exception cref="ClipHubException">The cache cannot be listed.</exception>
    public IEnumerable<string> NamesOf(HubTree tree)
    {
        try
        {
            return tree.Listing?.Names ?? Cache.NamesOf(tree.Commit);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw _errors.New(ClipHubProblem.Cache, $"The cache {Cache.Root} cannot be listed for '{Repository.Id}': {e.Message}", e);
        }
    }

    /// <summary>Has files of a commit put into the cache, unless they are there.</summary>
    /// <param name="tree">The commit.</param>
    /// <param name="names">The files.</param>
    /// <param name="cancellationToken">Ends it; what has come is kept.</param>
    /// <param name="isReported">Whether the caller hears of the progress.</param>
    /// <returns>The directory of the commit.</returns>
    public async Task<string> FetchAsync(HubTree tree, IEnumerable<string> names, CancellationToken cancellationToken, bool isReported = true)
    {
        string[] wanted = [.. names
            .Where(name => tree.Listing?.Find(name) is { } file ? !Cache.Has(tree.Commit, file) : HubCache.LengthOf(Cache.PathOf(tree.Commit, name)) is null)];
        if (wanted.Length > 0)
        {
            if (IsOffline || tree.Listing is null)
            {
                throw NotCached($"missing from {Cache.Snapshot(tree.Commit)}: {string.Join(", ", wanted.Select(w => $"'{w}'"))}");
            }
            try
            {
                await DownloadAsync(tree.Commit, [.. wanted.Select(w => tree.Listing.Find(w)!)], isReported, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw _errors.New(ClipHubProblem.Cache, $"The cache {Cache.Root} cannot be written, and lacks {string.Join(", ", wanted.Select(w => $"'{w}'"))} of '{Repository.Id}': {e.Message} "
                    + "Set HF_HUB_CACHE or ClipHubOptions.CacheDirectory to another folder.", e);
            }
        }
        if (_revision != tree.Commit && tree.Message is null && !IsOffline)
        {
            Remember(() => Cache.WriteRef(_revision, tree.Commit));
        }
        return Cache.Snapshot(tree.Commit);
    }

    /// <summary>Removes those of the files that are here whose content is not what the hub's list says.</summary>
    /// <returns>How many there were.</returns>
    public int RemoveDamaged(HubTree tree, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var damaged = names.Select(n => tree.Listing?.Find(n)).OfType<HubFile>().Where(f => Cache.Has(tree.Commit, f)
            && HubHash.OfFile(Cache.PathOf(tree.Commit, f.Name), f.Etag, cancellationToken) != f.Etag).ToList();
        damaged.ForEach(f => Cache.Remove(tree.Commit, f.Name, f.Etag));
        return damaged.Count;
    }

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    private async Task DownloadAsync(string commit, HubFile[] files, bool isReported, CancellationToken cancellationToken)
    {
        Cache.Prepare();
        CheckSpace(files);
        var meter = new HubMeter(isReported ? _options.Progress : null, files.Length, files.Sum(f => f.Size));
        var download = new HubDownload(_client.Value, Cache, _errors, meter, _options.Timeout ?? _environment.DownloadTimeout, _wait);
        // The small ones first: what they say is wrong is known early.
        await Parallel.ForEachAsync(files.OrderBy(f => f.Size), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (file, token) => await download.RunAsync(Repository, commit, file, token).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private void CheckSpace(HubFile[] files)
    {
        long needed = files.DistinctBy(f => f.Etag).Sum(f => Cache.HasBlob(f) ? 0 : f.Size - Cache.LeftoverOf(f));
        if (FreeBytes() is { } free && free < needed)
        {
            throw _errors.New(ClipHubProblem.NoSpace, $"'{Repository.Id}' needs {needed:N0} bytes more in {Cache.Root}, whose disk has {free:N0} left. Nothing was downloaded. "
                + "Free some, or set HF_HUB_CACHE or ClipHubOptions.CacheDirectory to another disk.");
        }
    }

    // A cache that is read only serves as well, it only forgets.
    private static void Remember(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;
        }
    }

    private ClipHubException NotCached(string what) => _errors.New(ClipHubProblem.NotCached, $"'{Repository.Id}' is not in the cache {Cache.Root} as it is needed: {what}. "
        + (Cache.Problem() is { } problem ? $"It cannot be listed: {problem.Message} " : "")
        + (IsOffline ? "Nothing is asked of the hub, as ClipHubOptions.Offline or HF_HUB_OFFLINE says so." : $"{_endpoint} cannot be reached for it."));

    private static string CheckEndpoint(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Query.Length == 0 && address.UserInfo.Length == 0
            ? endpoint : throw new ArgumentException($"'{ClipException.Shown(endpoint)}' is no address of a hub; expected one such as {HubEnvironment.PublicEndpoint}.", nameof(endpoint));
}
