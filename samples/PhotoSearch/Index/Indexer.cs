using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.ML.Clip;
using Samples;

namespace PhotoSearch;

/// <summary>
/// Keeps the database and the catalog as the folder is, in the background: what it knows first, so that it can be searched at once; then what is new, the
/// latest first; then which photographs look alike, and where they stand on the map. It begins again when the folder changes.
/// </summary>
internal sealed partial class Indexer(
    Settings settings, PhotoFolder folder, PhotoDatabase database, PhotoCatalog catalog, PhotoMap map, PhotoModel model,
    ILogger<Indexer> log) : BackgroundService
{
    // What is written at once: what is lost when the program is killed, and how often the page sees something new.
    private const int Commit = 32;

    private const int ReportSeconds = 5;

    private const string ForeignName = "Its name, or that of a folder above it, is no UTF-8, so that it cannot be opened. Rename it.";

    private readonly KnownFiles _known = new();
    private readonly DuplicateFinder _duplicates = new(database, catalog);
    private readonly MapMaker _map = new(database, catalog, map);
    private volatile IndexProgress _progress = new(IndexStage.Loading);
    private string? _trouble;

    /// <summary>How far it is.</summary>
    public IndexProgress Progress => _progress;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Run(Load, stoppingToken);
        while (true)
        {
            // One for each stretch in which the folder is there: who watches a folder that was taken away hears nothing of the one that comes back.
            using var watch = new FolderWatch(folder.Root);
            do
            {
                await Task.Run(() => Update(stoppingToken), stoppingToken);
                await watch.WaitAsync(_trouble is null ? settings.Relist : settings.Retry, settings.Settle, stoppingToken);
            }
            while (_progress.Stage != IndexStage.Unreachable);
        }
    }

    private void Load()
    {
        database.Purge(settings.KeepMissing);
        foreach (var block in database.Read().Chunk(1024))
        {
            foreach (var (photo, isMissing, _) in block)
            {
                _known.Add(photo, isMissing);
            }
            Put([.. block.Where(row => row.Embedding is not null).Select(row => (row.Photo, row.Embedding!))]);
        }
        _map.Load();
        LogLoaded(catalog.Count, settings.Data);
    }

    private void Update(CancellationToken stop)
    {
        try
        {
            if (!folder.IsThere)
            {
                throw new DirectoryNotFoundException($"There is no folder '{folder.Root}' just now.");
            }
            Follow(stop);
            _trouble = null;
            Tell(IndexStage.Ready);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SqliteException || e.GetBaseException() is ClipException)
        {
            // A disk that is full or went away, perhaps in the middle; a model that fails. What is known can be searched, and the next round tries again.
            if (_trouble != e.Message)
            {
                _trouble = e.Message;
                LogTrouble(Printed.OneLine(e.Message));
            }
            Tell(folder.IsThere ? IndexStage.Failing : IndexStage.Unreachable);
        }
    }

    private void Follow(CancellationToken stop)
    {
        Tell(IndexStage.Listing);
        var (gone, back, fresh) = _known.Compare(folder.List());
        // What is known comes last: what could not be written, on a full disk, is found again by the next round.
        database.SetMissing(gone.Select(p => p.Id), isMissing: true);
        catalog.Remove(gone.Select(p => p.Id));
        Know(gone, isMissing: true);
        database.SetMissing(back.Select(p => p.Id), isMissing: false);
        Put([.. back.Where(p => p.IsRead).Select(p => (p, database.Embedding(p.Id)!))]);
        Know(back, isMissing: false);
        if (gone.Count + back.Count + fresh.Count > 0)
        {
            LogChanges(fresh.Count, back.Count, gone.Count);
        }
        Read(fresh, stop);
        if (catalog.IsWorn)
        {
            catalog.Renew(database.Read().Where(row => row.Embedding is not null).Select(row => (row.Photo, row.Embedding!)));
        }
        Compare(stop);
        Map(stop);
    }

    private void Know(IReadOnlyList<Photo> photos, bool isMissing)
    {
        foreach (var photo in photos)
        {
            _known.Add(photo, isMissing);
        }
    }

    private void Read(IReadOnlyList<PhotoFile> files, CancellationToken stop)
    {
        if (files.Count == 0)
        {
            return;
        }
        var pace = new Pace(this, IndexStage.Reading, files.Count);
        var found = new List<(PhotoFile, float[], string)>(Commit);
        // The list may be hours old when its end is reached: what is gone, or leads elsewhere by now, is left to the next listing.
        var there = Enumerable.Range(0, files.Count).Select(i => (Number: i, Path: folder.Resolve(files[i]))).Where(f => f.Path is not null);
        found.AddRange(files.Where(f => f.HasForeignName && folder.Resolve(f) is null).Select(f => (f, Array.Empty<float>(), ForeignName)));
        Keep(found);
        foreach (var (number, embedding, error) in model.Embed(there.Select(f => (f.Number, f.Path!))))
        {
            stop.ThrowIfCancellationRequested();
            found.Add((files[number], embedding, error.Replace(folder.FullPath(files[number]), files[number].Path, StringComparison.Ordinal)));
            if (found.Count == Commit)
            {
                Keep(found);
            }
            pace.Step(number + 1);
        }
        Keep(found);
        pace.End();
    }

    private void Keep(List<(PhotoFile File, float[] Embedding, string Error)> found)
    {
        var saved = database.Save(found);
        catalog.Remove(saved.Where(p => !p.IsRead).Select(p => p.Id));
        Put([.. saved.Zip(found).Where(p => p.First.IsRead).Select(p => (p.First, p.Second.Embedding))]);
        foreach (var photo in saved)
        {
            _known.Add(photo);
            if (!photo.IsRead)
            {
                LogUnreadable(Printed.OneLine(photo.File.Path), Printed.OneLine(photo.Error));
            }
        }
        found.Clear();
    }

    private void Compare(CancellationToken stop)
    {
        var pace = new Pace(this, IndexStage.Comparing, database.CountNotCompared());
        int done = 0;
        while (_duplicates.Next(stop) is > 0 and int count)
        {
            pace.Step(done += count);
        }
    }

    private void Map(CancellationToken stop)
    {
        Pace? pace = null;
        _map.Update(stop, (done, total) => (pace ??= new(this, IndexStage.Mapping, total)).Step(done));
        pace?.End();
    }

    private void Put(IReadOnlyList<(Photo Photo, float[] Embedding)> read)
    {
        if (read.Count > 0)
        {
            catalog.Put([.. read.Select(p => p.Photo)], EmbeddingRows.Pack([.. read.Select(p => p.Embedding)]));
        }
    }

    private void Tell(IndexStage stage, int done = 0, int total = 0, double perSecond = 0) =>
        _progress = new(stage, done, total, perSecond, _known.Unreadable);

    [LoggerMessage(LogLevel.Information, "{Count:N0} photographs are known; the database is in {Data}")]
    private partial void LogLoaded(int count, string data);

    [LoggerMessage(LogLevel.Information, "In the folder: {Fresh:N0} new or changed, {Back:N0} back, {Gone:N0} gone")]
    private partial void LogChanges(int fresh, int back, int gone);

    [LoggerMessage(LogLevel.Information, "{Stage}: {Done:N0} of {Total:N0}, {PerSecond:F1} a second, {Left} left")]
    private partial void LogProgress(IndexStage stage, int done, int total, double perSecond, TimeSpan left);

    [LoggerMessage(LogLevel.Information, "{Stage} done: {Total:N0} in {Seconds:F1} s")]
    private partial void LogDone(IndexStage stage, int total, double seconds);

    [LoggerMessage(LogLevel.Warning, "Cannot be read: {Path}: {Error}")]
    private partial void LogUnreadable(string path, string error);

    [LoggerMessage(LogLevel.Warning, "{Message}")]
    private partial void LogTrouble(string message);

    /// <summary>How fast a piece of work goes, told to the page at each step and to the console from time to time.</summary>
    private sealed class Pace(Indexer indexer, IndexStage stage, int total)
    {
        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private TimeSpan _next = TimeSpan.FromSeconds(ReportSeconds);

        public void Step(int done)
        {
            double perSecond = done / Math.Max(1e-3, _watch.Elapsed.TotalSeconds);
            indexer.Tell(stage, done, total, perSecond);
            if (_watch.Elapsed > _next)
            {
                _next = _watch.Elapsed + TimeSpan.FromSeconds(ReportSeconds);
                indexer.LogProgress(stage, done, total, perSecond, TimeSpan.FromSeconds(Math.Round(Math.Max(0, total - done) / perSecond)));
            }
        }

        public void End() => indexer.LogDone(stage, total, _watch.Elapsed.TotalSeconds);
    }
}
