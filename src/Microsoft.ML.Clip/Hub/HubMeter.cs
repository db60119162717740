using System.Diagnostics;

namespace Microsoft.ML.Clip;

/// <summary>Counts what comes, and says so now and then. Thread-safe.</summary>
internal sealed class HubMeter(IProgress<ClipHubProgress>? progress, int files, long bytes)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _next;
    private int _filesDone;
    private long _bytesDone, _bytesCame;

    /// <summary>Bytes that were here before; or, if less than none, bytes that have to come once more.</summary>
    public void Had(string file, long count) => Count(file, count, came: 0, filesDone: 0);

    public void Came(string file, long count) => Count(file, count, count, filesDone: 0);

    public void Done(string file) => Count(file, 0, 0, filesDone: 1);

    private void Count(string file, long count, long came, int filesDone)
    {
        if (progress is null)
        {
            return;
        }
        lock (_lock)
        {
            (_bytesDone, _bytesCame, _filesDone) = (_bytesDone + count, _bytesCame + came, _filesDone + filesDone);
            if (_watch.Elapsed >= _next || _filesDone == files)
            {
                _next = _watch.Elapsed + Pause;
                progress.Report(new()
                {
                    File = file,
                    FilesDone = _filesDone,
                    Files = files,
                    BytesDone = _bytesDone,
                    Bytes = bytes,
                    BytesPerSecond = _bytesCame / Math.Max(0.001, _watch.Elapsed.TotalSeconds),
                });
            }
        }
    }
}
