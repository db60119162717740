using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Texts to embeddings: what leaving the padding out is worth.</summary>
internal static class TextContestants
{
    private const int Count = 128, Batch = 16;

    public static Contestant Clip(Workload workload)
    {
        var clip = ClipModel.Load(workload.Model(ClipShape.ViTB32));
        string[] texts = workload.Texts[..Count];
        return () => (Count, clip.EncodeTexts(texts, normalize: false)[0]);
    }

    /// <summary>Every text padded to the whole context, as the reference does; ids are ready.</summary>
    public static Contestant BareOnnxRuntime(Workload workload)
    {
        var session = new InferenceSession(Path.Combine(workload.Model(ClipShape.ViTB32), "onnx", "text_model.onnx"));
        var tokenizer = ClipTokenizer.Load(workload.Model(ClipShape.ViTB32));
        int length = tokenizer.ContextLength;
        long[] ids = new long[Count * length];
        int[] row = new int[length];
        for (int i = 0; i < Count; i++)
        {
            tokenizer.EncodeToContext(workload.Texts[i], row, out _);
            for (int j = 0; j < length; j++)
            {
                ids[(i * length) + j] = row[j];
            }
        }
        return () =>
        {
            using var run = new RunOptions();
            float[]? sample = null;
            for (int i = 0; i < Count; i += Batch)
            {
                using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, ids.AsMemory(i * length, Batch * length),
                    [Batch, length]);
                using var results = session.Run(run, ["input_ids"], [input], ["text_embeds"]);
                sample ??= results[0].GetTensorDataAsSpan<float>()[..ClipShape.ViTB32.Dimension].ToArray();
            }
            return (Count, sample);
        };
    }
}
