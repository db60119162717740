using BenchmarkDotNet.Attributes;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>The latency of one image through ViT-B/32.</summary>
[ShortJob]
public class PredictionEngineBenchmarks
{
    private const int Images = EngineContestants.Count;

    private Contestant? _bare;
    private Contestant? _image;
    private Contestant? _path;

    /// <summary>Opens a bare session and makes both engines.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var workload = Workload.Prepare();
        _bare = EngineContestants.BareOnnxRuntime(workload);
        _image = EngineContestants.ClipImage(workload);
        _path = EngineContestants.ClipPath(workload);
    }

    /// <summary>A default session on a tensor that is ready.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Images)]
    public int OnnxRuntime() => _bare!().Items;

    /// <summary>A prediction engine on a decoded image.</summary>
    [Benchmark(OperationsPerInvoke = Images)]
    public int EngineOnMLImage() => _image!().Items;

    /// <summary>A prediction engine on a JPEG file, which has to be decoded first.</summary>
    [Benchmark(OperationsPerInvoke = Images)]
    public int EngineOnFile() => _path!().Items;
}
