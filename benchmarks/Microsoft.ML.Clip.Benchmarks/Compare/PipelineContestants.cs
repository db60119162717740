using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Files in, embeddings out.</summary>
internal static class PipelineContestants
{
    private const string Output = "image_embeds";

    // How often through the photographs: what it takes to start, and ML.NET's steps take half a second, should not decide between those that only decode.
    private const int Repeats = 4, RepeatsOfTiny = 8;

    // Of bare ONNX Runtime: by file and kind of threads, as batches of all sizes can share one.
    private static readonly Dictionary<string, InferenceSession> Sessions = [];

    /// <summary>The images of a run.</summary>
    public static int Images(ClipShape shape) => Workload.PhotographCount * (shape == ClipShape.Tiny ? RepeatsOfTiny : Repeats);

    public static Contestant Clip(Workload workload, ClipShape shape, ClipModelOptions? options = null)
    {
        var clip = ClipModel.Load(workload.Model(shape), options);
        var ml = new MLContext();
        var data = Files(ml, workload, shape);
        return Enumerate(ml.Transforms.ClipImageEmbedding(Output, nameof(PhotographRow.Path), clip, new() { Normalize = false }).Fit(data), data);
    }

    /// <summary>
    /// What ML.NET itself has. It accepts the graph only with a shape dictionary, has no bicubic filter and no normalisation per channel, and so
    /// computes something else; it is timed all the same.
    /// </summary>
    public static Contestant StockMLNet(Workload workload, ClipShape shape)
    {
        var ml = new MLContext();
        var data = Files(ml, workload, shape);
        int size = shape.ImageSize;
        var shapes = new Dictionary<string, int[]> { ["pixel_values"] = [1, 3, size, size], [Output] = [1, shape.Dimension] };
        var pipeline = ml.Transforms.LoadImages("Image", "", nameof(PhotographRow.Path))
            .Append(ml.Transforms.ResizeImages("Image", size, size, resizing: ImageResizingEstimator.ResizingKind.IsoCrop))
            .Append(ml.Transforms.ExtractPixels("pixel_values", "Image", offsetImage: 255 * 0.45f, scaleImage: 1 / (255 * 0.27f)))
            .Append(ml.Transforms.ApplyOnnxModel([Output], ["pixel_values"], ImageTower(workload, shape), shapes, gpuDeviceId: null, fallbackToCpu: false));
        return Enumerate(pipeline.Fit(data), data);
    }

    /// <summary>The limit: the encoder alone, on tensors that are ready.</summary>
    /// <param name="workload">The photographs and models.</param>
    /// <param name="shape">The model.</param>
    /// <param name="how">
    /// "ort-N": a default session with batches of N. "ort-nospin-N": its threads sleep when they wait. "ort-2x-N": two such batches at the
    /// same time, on one thread each.
    /// </param>
    /// <param name="variant">The suffix of the file.</param>
    public static Contestant BareOnnxRuntime(Workload workload, ClipShape shape, string how, string variant = "")
    {
        string[] parts = how.Split('-');
        int batch = int.Parse(parts[^1], CultureInfo.InvariantCulture), atOnce = parts[1] == "2x" ? 2 : 1;
        string path = ImageTower(workload, shape, variant), key = $"{path} {(parts.Length == 3 ? parts[1] : "")}";
        if (!Sessions.TryGetValue(key, out var session))
        {
            using var options = new SessionOptions();
            if (atOnce > 1)
            {
                options.IntraOpNumThreads = 1;
            }
            if (parts[1] == "nospin")
            {
                options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            }
            Sessions.Add(key, session = new InferenceSession(path, options));
        }
        float[] pixels = PixelValues(workload, shape);
        int image = pixels.Length / Workload.PhotographCount, batches = Workload.PhotographCount / batch;
        return () =>
        {
            float[] sample = new float[shape.Dimension];
            ConcurrentBatches.For(batches, atOnce, i =>
            {
                using var run = new RunOptions();
                using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, pixels.AsMemory(i * batch * image, batch * image),
                    [batch, 3, shape.ImageSize, shape.ImageSize]);
                using var results = session.Run(run, ["pixel_values"], [input], [Output]);
                if (i == 0)
                {
                    results[0].GetTensorDataAsSpan<float>()[..sample.Length].CopyTo(sample);
                }
            });
            return (Workload.PhotographCount, sample);
        };
    }

    internal static string ImageTower(Workload workload, ClipShape shape, string variant = "") =>
        Path.Combine(workload.Model(shape), "onnx", $"vision_model{variant}.onnx");

    internal static float[] PixelValues(Workload workload, ClipShape shape)
    {
        var preprocessor = ClipImagePreprocessor.Load(workload.Model(shape));
        float[] values = new float[Workload.PhotographCount * preprocessor.PixelValueCount];
        for (int i = 0; i < Workload.PhotographCount; i++)
        {
            preprocessor.PreprocessFile(workload.Photographs[i], values.AsSpan(i * preprocessor.PixelValueCount, preprocessor.PixelValueCount));
        }
        return values;
    }

    private static IDataView Files(MLContext ml, Workload workload, ClipShape shape) =>
        ml.Data.LoadFromEnumerable(Enumerable.Range(0, Images(shape))
            .Select(i => new PhotographRow { Path = workload.Photographs[i % Workload.PhotographCount] }).ToArray());

    private static Contestant Enumerate(ITransformer model, IDataView data) => () =>
    {
        var view = model.Transform(data);
        var column = view.Schema[Output];
        using var cursor = view.GetRowCursor([column]);
        var getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> value = default;
        float[]? sample = null;
        int rows = 0;
        for (; cursor.MoveNext(); rows++)
        {
            getter(ref value);
            sample ??= value.DenseValues().ToArray();
        }
        return (rows, sample);
    };
}
