using System.Diagnostics;

namespace LinearProbe;

/// <summary>A bar on the console; a line per tenth where the output is a file.</summary>
internal sealed class ProgressBar(string title, int total) : IDisposable
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private int _count;
    private int _shown = -1;

    /// <summary>Counts one.</summary>
    public void Advance()
    {
        _count++;
        int steps = Console.IsOutputRedirected ? 10 : 100, now = (int)((long)_count * steps / total);
        if (now != _shown)
        {
            Show(_shown = now, steps);
        }
    }

    public void Dispose()
    {
        if (!Console.IsOutputRedirected)
        {
            Console.WriteLine();
        }
        Console.WriteLine($"{_count} images in {_watch.Elapsed.TotalSeconds:F1} s");
    }

    private void Show(int done, int of)
    {
        string rate = $"{title} {_count,6} of {total}, {_count / Math.Max(0.001, _watch.Elapsed.TotalSeconds):F0} a second";
        if (Console.IsOutputRedirected)
        {
            Console.WriteLine(rate);
        }
        else
        {
            Console.Write($"\r[{new string('#', done * 30 / of),-30}] {rate}   ");
        }
    }
}
