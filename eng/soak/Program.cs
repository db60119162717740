// Embeds image files, good and hostile, in a process whose memory, threads and handles are watched. Through the public API, as a service would.
//
//   Soak each MODEL FILE...               each file by itself; prints name, seconds and what became of it
//   Soak together THREADS MODEL FILE...   every thread embeds all files at once
//   Soak soak MINUTES MODEL FILE...       64 threads, for so long; fails if memory, threads or handles grow. See soak.sh.
//
// The last line is the peak of the process's memory in bytes. LIMIT=n in the environment sets MaximumDecodingMemory.

using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Clip;

if (args is not [string mode, .. string[] rest] || rest.Length < (mode == "each" ? 2 : 3))
{
    Console.Error.WriteLine("usage: each MODEL FILE... | together THREADS MODEL FILE... | soak MINUTES MODEL FILE...");
    return 2;
}

var preprocessing = new ClipImagePreprocessorOptions();
if (Environment.GetEnvironmentVariable("LIMIT") is { } limit)
{
    preprocessing = preprocessing with { MaximumDecodingMemory = long.Parse(limit, CultureInfo.InvariantCulture) };
}
int number = mode == "each" ? 1 : int.Parse(rest[0], CultureInfo.InvariantCulture);
string[] files = mode == "each" ? rest[1..] : rest[2..];
using var clip = ClipModel.Load(mode == "each" ? rest[0] : rest[1], new() { Preprocessing = preprocessing });

bool passed = true;
switch (mode)
{
    case "each":
        foreach (string file in files)
        {
            var watch = Stopwatch.StartNew();
            string outcome = Embed(clip, file);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(file)}\t{watch.Elapsed.TotalSeconds:F2}\t{outcome}"));
        }
        break;
    case "together":
        string[] outcomes = new string[number * files.Length];
        Thread[] threads = [.. Enumerable.Range(0, number).Select(t => new Thread(() =>
        {
            for (int i = 0; i < files.Length; i++)
            {
                int file = (t + i) % files.Length;
                outcomes[(t * files.Length) + file] = $"{Path.GetFileName(files[file])}\t{Embed(clip, files[file])}";
            }
        }))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        foreach (var same in outcomes.GroupBy(o => o).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"{same.Key}\t{same.Count()}");
        }
        break;
    default:
        passed = Soaking.Run(clip, files, TimeSpan.FromMinutes(number));
        break;
}
using var process = Process.GetCurrentProcess();
Console.WriteLine(process.PeakWorkingSet64);
return passed ? 0 : 1;

static string Embed(ClipModel clip, string file)
{
    try
    {
        return clip.EncodeImages([file])[0].All(float.IsFinite) ? "embedded" : "not finite";
    }
    catch (ClipImageException e)
    {
        return e.Message;
    }
}
