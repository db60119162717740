using BenchmarkDotNet.Attributes;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// Files in, embeddings out, by ML.NET's own steps and by ours: 256 through ViT-B/32, 512 through a tiny encoder. See also benchmarks/compare.
/// </summary>
[ShortJob]
public class PipelineBenchmarks
{
    private Contestant? _stock;
    private Contestant? _clip;

    /// <summary>Whether the encoder is ViT-B/32, or a tiny one that leaves what is around it.</summary>
    [Params(false, true)]
    public bool IsViTB32 { get; set; }

    /// <summary>Fits both pipelines.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var workload = Workload.Prepare();
        var shape = IsViTB32 ? ClipShape.ViTB32 : ClipShape.Tiny;
        (_stock, _clip) = (PipelineContestants.StockMLNet(workload, shape), PipelineContestants.Clip(workload, shape));
    }

    /// <summary>LoadImages, ResizeImages, ExtractPixels, ApplyOnnxModel.</summary>
    [Benchmark(Baseline = true)]
    public int StockMLNet() => _stock!().Items;

    /// <summary>ClipImageEmbedding.</summary>
    [Benchmark]
    public int Clip() => _clip!().Items;
}
