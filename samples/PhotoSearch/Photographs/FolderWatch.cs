namespace PhotoSearch;

/// <summary>
/// Tells when something in a folder may have changed: at once where the system says so, and after a while in any case, for systems lose such news.
/// </summary>
internal sealed class FolderWatch : IDisposable
{
    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly FileSystemWatcher? _watcher;

    public FolderWatch(string folder)
    {
        try
        {
            _watcher = new FileSystemWatcher(folder)
            {
                IncludeSubdirectories = true,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            _watcher.Changed += (_, _) => Tell();
            _watcher.Created += (_, _) => Tell();
            _watcher.Deleted += (_, _) => Tell();
            _watcher.Renamed += (_, _) => Tell();
            _watcher.Error += (_, _) => Tell();
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // No such folder just now, or more folders than the system watches: the folder is listed from time to time all the same.
        }
    }

    /// <summary>Waits for news or for so long, and then until files have had a moment to come whole.</summary>
    public async Task WaitAsync(TimeSpan longest, TimeSpan moment, CancellationToken stop)
    {
        if (await _news.WaitAsync(longest, stop))
        {
            await Task.Delay(moment, stop);
        }
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _news.Dispose();
    }

    private void Tell()
    {
        try
        {
            _news.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Told already, or nobody listens any more.
        }
    }
}
