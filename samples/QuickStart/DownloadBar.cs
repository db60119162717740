using Microsoft.ML.Clip;

namespace QuickStart;

/// <summary>A bar on the console; a line per tenth where the output is a file.</summary>
internal sealed class DownloadBar : IProgress<ClipHubProgress>
{
    private int _shown = -1;

    public void Report(ClipHubProgress value)
    {
        double share = value.Bytes == 0 ? 1 : (double)value.BytesDone / value.Bytes;
        bool isLast = value.FilesDone == value.Files;
        string state = $"{value.BytesDone / 1e6:F1} of {value.Bytes / 1e6:F1} MB, {value.FilesDone} of {value.Files} files, {value.BytesPerSecond / 1e6:F1} MB/s"
            + (value.Remaining is { } rest ? $", {rest:mm\\:ss} left" : "");
        if (!Console.IsOutputRedirected)
        {
            Console.Write($"\r[{new string('#', (int)(share * 30)),-30}] {state}   {(isLast ? Environment.NewLine : "")}");
        }
        else if ((int)(share * 10) != _shown || isLast)
        {
            _shown = (int)(share * 10);
            Console.WriteLine($"{share,4:P0} {state}");
        }
    }
}
