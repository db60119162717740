using BenchmarkDotNet.Attributes;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>32 tensors through ViT-B/32: ONNX Runtime by itself, and through the library's encoder.</summary>
[ShortJob]
public class EncodeBenchmarks
{
    private const int Count = 32;

    private readonly float[] _output = new float[Count * ClipShape.ViTB32.Dimension];
    private float[] _pixels = [];
    private InferenceSession? _session;
    private ClipModel? _clip;

    /// <summary>Opens both sessions.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var workload = Workload.Prepare();
        _pixels = PipelineContestants.PixelValues(workload, ClipShape.ViTB32);
        _session = new InferenceSession(PipelineContestants.ImageTower(workload, ClipShape.ViTB32));
        _clip = ClipModel.Load(workload.Model(ClipShape.ViTB32));
    }

    /// <summary>A default session, one batch at a time.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Count)]
    [Arguments(1)]
    [Arguments(16)]
    public void OnnxRuntime(int batch)
    {
        using var run = new RunOptions();
        for (int i = 0; i < Count; i += batch)
        {
            using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, Slice(i, batch), [batch, 3, 224, 224]);
            using var results = _session!.Run(run, ["pixel_values"], [input], ["image_embeds"]);
        }
    }

    /// <summary>As a pipeline does it: several batches at a time; a single image on all cores.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    [Arguments(1)]
    [Arguments(16)]
    public void Clip(int batch)
    {
        var share = batch == 1 ? _clip!.Share.Alone() : _clip!.Share;
        Rows<float> pixels = new(_pixels, 3 * 224 * 224), output = new(_output, ClipShape.ViTB32.Dimension);
        ConcurrentBatches.For(Count / batch, share.Own, i => _clip.EncodePixels(pixels.Slice(i * batch, batch), ClipFeatures.JointEmbedding, true,
            output.Slice(i * batch, batch), share));
    }

    private Memory<float> Slice(int first, int count)
    {
        int image = 3 * 224 * 224;
        return _pixels.AsMemory(first * image, count * image);
    }
}
