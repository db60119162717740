using BenchmarkDotNet.Attributes;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>1,000 captions to ids.</summary>
[ShortJob]
public class TokenizeBenchmarks
{
    private const int Count = 1000;

    private string[] _texts = [];
    private ClipTokenizer? _clip;
    private Tokenizer? _stock;
    private int[] _ids = [];

    /// <summary>Loads both tokenizers.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var workload = Workload.Prepare();
        string model = workload.Model(ClipShape.Tiny);
        _texts = workload.Texts[..Count];
        _clip = ClipTokenizer.Load(model);
        _ids = new int[_clip.ContextLength];
        var options = new BpeOptions(Path.Combine(model, "vocab.json"), Path.Combine(model, "merges.txt")) { EndOfWordSuffix = "</w>", ByteLevel = true };
        _stock = BpeTokenizer.Create(options);
    }

    /// <summary>The nearest thing in Microsoft.ML.Tokenizers; without CLIP's cleaning and split its ids are others.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Count)]
    public int StockBpeTokenizer()
    {
        int sum = 0;
        foreach (string text in _texts)
        {
            sum += _stock!.EncodeToIds(text).Count;
        }
        return sum;
    }

    /// <summary>CLIP's ids, padded to the context.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public int ClipTokenizer_EncodeToContext()
    {
        int sum = 0;
        foreach (string text in _texts)
        {
            sum += _clip!.EncodeToContext(text, _ids, out _);
        }
        return sum;
    }
}
