using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Does a task once, one thing at a time, and tells how long each took.</summary>
/// <returns>The time of each in seconds, and a vector by which contestants can be compared.</returns>
internal delegate (double[] Seconds, float[] Sample) LatencyContestant();

/// <summary>A search box: one query of 6 to 12 words at a time, from one caller or from several.</summary>
internal static class OneTextContestants
{
    private const int Queries = 160;

    /// <summary>The text, tokenised, encoded and not normalised, as bare ONNX Runtime leaves it.</summary>
    public static LatencyContestant Clip(Workload workload, int callers)
    {
        var clip = ClipModel.Load(workload.Model(ClipShape.ViTB32));
        string[] texts = Texts(workload);
        return Measure(callers, texts.Length, i => clip.EncodeText(texts[i], normalize: false));
    }

    /// <summary>A default session, on ids that are ready and as long as the text is.</summary>
    public static LatencyContestant BareOnnxRuntime(Workload workload, int callers)
    {
        var session = new InferenceSession(Path.Combine(workload.Model(ClipShape.ViTB32), "onnx", "text_model.onnx"));
        var tokenizer = ClipTokenizer.Load(workload.Model(ClipShape.ViTB32));
        long[][] ids = [.. Texts(workload).Select(text => tokenizer.EncodeToIds(text).Select(id => (long)id).ToArray())];
        return Measure(callers, ids.Length, i =>
        {
            using var run = new RunOptions();
            using var input = OrtValue.CreateTensorValueFromMemory(ids[i], [1, ids[i].Length]);
            using var results = session.Run(run, ["input_ids"], [input], ["text_embeds"]);
            return results[0].GetTensorDataAsSpan<float>().ToArray();
        });
    }

    private static string[] Texts(Workload workload) => [.. workload.Texts.Where(text => text.Count(c => c == ' ') is >= 5 and < 12).Take(Queries)];

    private static LatencyContestant Measure(int callers, int count, Func<int, float[]> encode) => () =>
    {
        double[] seconds = new double[count];
        float[] sample = [];
        int next = -1;
        var threads = Enumerable.Range(1, callers - 1).Select(_ => new Thread(Call)).ToList();
        threads.ForEach(t => t.Start());
        Call();
        threads.ForEach(t => t.Join());
        return (seconds, sample);

        void Call()
        {
            for (int i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                long start = Stopwatch.GetTimestamp();
                float[] embedding = encode(i);
                seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
                if (i == 0)
                {
                    sample = embedding;
                }
            }
        }
    };
}
