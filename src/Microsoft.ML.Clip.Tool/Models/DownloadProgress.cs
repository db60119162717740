namespace Mlclip;

/// <summary>A bar for a download, from its first bytes on: where all is cached there is nothing to see.</summary>
internal sealed class DownloadProgress(ToolOutput output, string id) : IProgress<ClipHubProgress>, IDisposable
{
    private readonly LateMeter _meter = new();

    public void Report(ClipHubProgress value)
    {
        if (value.Bytes > 0)
        {
            _meter.Report(() => Begin(value), value.BytesDone, value.Bytes);
        }
    }

    public void Dispose() => _meter.Dispose();

    private ProgressMeter Begin(ClipHubProgress value)
    {
        output.Say($"mlclip: downloading {id}, {PrintedText.Size(value.Bytes)} in {PrintedText.Count(value.Files, "file")}, once, into {new ClipHub().CacheDirectory}");
        return new ProgressMeter(output, "MB", value.Bytes, scale: 1_000_000);
    }
}
