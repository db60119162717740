using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>One photograph at a time, as a web service gets them.</summary>
internal static class EngineContestants
{
    public const int Count = 32;

    public static Contestant BareOnnxRuntime(Workload workload)
    {
        var session = new InferenceSession(PipelineContestants.ImageTower(workload, ClipShape.ViTB32));
        float[] pixels = PipelineContestants.PixelValues(workload, ClipShape.ViTB32);
        int image = pixels.Length / Workload.PhotographCount;
        return () =>
        {
            using var run = new RunOptions();
            float[]? sample = null;
            for (int i = 0; i < Count; i++)
            {
                using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, pixels.AsMemory(i * image, image),
                    [1, 3, ClipShape.ViTB32.ImageSize, ClipShape.ViTB32.ImageSize]);
                using var results = session.Run(run, ["pixel_values"], [input], ["image_embeds"]);
                sample ??= results[0].GetTensorDataAsSpan<float>().ToArray();
            }
            return (Count, sample);
        };
    }

    /// <summary>What bare ONNX Runtime does, and the preprocessing of an image in memory.</summary>
    public static Contestant ClipImage(Workload workload) =>
        Predict(workload, nameof(DecodedRow.Image), workload.Photographs.Take(Count).Select(p => new DecodedRow { Image = MLImage.CreateFromFile(p) }));

    /// <summary>What bare ONNX Runtime does, and reading, decoding and preprocessing a file.</summary>
    public static Contestant ClipPath(Workload workload) =>
        Predict(workload, nameof(PhotographRow.Path), workload.Photographs.Take(Count).Select(p => new PhotographRow { Path = p }));

    private static Contestant Predict<T>(Workload workload, string column, IEnumerable<T> rows)
        where T : class
    {
        var all = rows.ToArray();
        var clip = ClipModel.Load(workload.Model(ClipShape.ViTB32));
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(all);
        var model = ml.Transforms.ClipImageEmbedding("image_embeds", column, clip, new() { Normalize = false }).Fit(data);
        var engine = ml.Model.CreatePredictionEngine<T, EmbeddingRow>(model, data.Schema);
        var result = new EmbeddingRow();
        return () =>
        {
            float[]? sample = null;
            foreach (var row in all)
            {
                engine.Predict(row, ref result);
                sample ??= [.. result.Embedding];
            }
            return (all.Length, sample);
        };
    }
}
