using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// Class weights out of classes times templates, beside the text encoder by itself: ONNX Runtime on the same ids, ready, each distinct text once, in batches of
/// like length cut to the longest, as many at the same time on as many threads. Both do the whole list, by turns.
/// </summary>
internal static class ZeroShotFit
{
    private const int BatchSize = 16;

    public static void Run(Workload workload, string model, int classes, int rounds)
    {
        string directory = Path.Combine(workload.Folder, "models", model);
        using var clip = ClipModel.Load(directory, new() { BatchSize = BatchSize });
        clip.WarmUp(images: false, batchSize: BatchSize);
        string[] labels = Labels(workload, classes);
        var templates = ClipPrompts.ImageNet80;
        int batches = clip.Share.Batches;
        var bare = Batches(clip.Tokenizer,
            [.. labels.SelectMany(label => templates.Select(t => ClipPrompts.Fill(t, label)))]);
        using var several = new SessionOptions { IntraOpNumThreads = Math.Max(1, clip.Share.Threads ?? Environment.ProcessorCount) };
        using var session = new InferenceSession(Path.Combine(directory, "onnx", "text_model.onnx"), several);
        using var alone = new InferenceSession(Path.Combine(directory, "onnx", "text_model.onnx"));
        RunBare(session, bare[..batches], batches);
        RunBare(alone, bare[..1], 1);

        List<double> ours = [], together = [], oneByOne = [];
        int told = 0;
        for (int i = 0; i < rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            told = 0;
            ClipZeroShotClassifier.Create(clip, labels, templates, progress: new Count(() => told++));
            ours.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            together.Add(RunBare(session, bare, batches));
            oneByOne.Add(RunBare(alone, bare, 1));
            Console.Error.WriteLine($"round {i + 1} of {rounds}: {ours[^1]:F2} s, {together[^1]:F2} s, {oneByOne[^1]:F2} s");
        }
        int prompts = classes * templates.Length, distinct = bare.Sum(b => b.Rows);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model}: {classes} classes x {templates.Length} templates = {prompts} prompts, {distinct} distinct; progress told {told} times; medians of {rounds} rounds"));
        double best = Math.Min(Median(together), Median(oneByOne));
        Print("classifier, from texts", ours);
        Print($"ONNX Runtime on ready ids, {batches} batches at a time", together);
        Print("ONNX Runtime on ready ids, one batch at a time, default session", oneByOne);

        void Print(string what, List<double> seconds) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {what} | {Median(seconds):F2} | {prompts / Median(seconds):F0} | {best / Median(seconds):F2} |"));
    }

    private static double RunBare(InferenceSession session, List<(int Rows, int Length, long[] Ids)> work, int atOnce)
    {
        long start = Stopwatch.GetTimestamp();
        var queue = new ConcurrentQueue<(int Rows, int Length, long[] Ids)>(work);
        Thread[] threads = [.. Enumerable.Range(0, atOnce).Select(_ => new Thread(Work))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        return Stopwatch.GetElapsedTime(start).TotalSeconds;

        void Work()
        {
            using var run = new RunOptions();
            while (queue.TryDequeue(out var batch))
            {
                using var input = OrtValue.CreateTensorValueFromMemory(batch.Ids, [batch.Rows, batch.Length]);
                using var results = session.Run(run, ["input_ids"], [input], ["text_embeds"]);
            }
        }
    }

    private static List<(int Rows, int Length, long[] Ids)> Batches(ClipTokenizer tokenizer, string[] prompts)
    {
        long[][] distinct = [.. prompts.Select(p => tokenizer.EncodeToIds(p).Select(id => (long)id).ToArray())
            .DistinctBy(ids => string.Join(' ', ids)).OrderBy(ids => ids.Length)];
        return [.. distinct.Chunk(BatchSize).Select(rows =>
        {
            int length = rows[^1].Length;
            // Padded with the end token, as CLIP's texts are.
            return (rows.Length, length, rows.SelectMany(ids => ids.Concat(Enumerable.Repeat(ids[^1], length - ids.Length))).ToArray());
        })];
    }

    // Two or three words each, as many class names have.
    private static string[] Labels(Workload workload, int count)
    {
        string[] words = [.. workload.Texts.SelectMany(t => t.Split(' ')).Where(w => w.Length > 3 && w.All(char.IsAsciiLetterLower)).Distinct()
            .Order(StringComparer.Ordinal)];
        string[] labels = [.. words.SelectMany(a => words.Where(b => b != a).SelectMany(b => words.Prepend("").Select(c => $"{a} {b} {c}".TrimEnd()))).Distinct()];
        // Spread over all of them.
        new Random(1).Shuffle(labels);
        return labels.Length >= count ? labels[..count] : throw new InvalidOperationException($"{labels.Length} labels can be made of the workload's words.");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private sealed class Count(Action told) : IProgress<int>
    {
        public void Report(int value) => told();
    }
}
