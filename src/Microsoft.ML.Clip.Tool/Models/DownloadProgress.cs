namespace Mlclip;

/// <summary>A bar for a download, from its first bytes on: where all is cached there is nothing to see.</summary>
internal sealed class DownloadProgress(ToolOutput output, string id) : IProgress<ClipHubProgress>, IDisposable
{
    private readonly Lock _gate = new();
    private ProgressMeter? _meter;
    private bool _isOver;

    public void Report(ClipHubProgress value)
    {
        lock (_gate)
        {
            if (_isOver || value.Bytes == 0)
            {
                return;
            }
            if (_meter is null)
            {
                output.Say($"mlclip: downloading {id}, {PrintedText.Size(value.Bytes)} in {PrintedText.Count(value.Files, "file")}, once, into {new ClipHub().CacheDirectory}");
                _meter = new ProgressMeter(output, "MB", value.Bytes, scale: 1_000_000);
            }
            _meter.Report(value.BytesDone, value.Bytes);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            _meter?.Dispose();
        }
    }
}
