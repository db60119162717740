using BenchmarkDotNet.Attributes;
using SkiaSharp;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>A JPEG file in memory to a tensor [3, 224, 224], against decoding alone, which is the limit.</summary>
[ShortJob]
public class DecodeBenchmarks
{
    private readonly ClipImagePreprocessor _exact = ClipImagePreprocessor.Create();
    private readonly ClipImagePreprocessor _fast = ClipImagePreprocessor.Create(options: new() { Decoding = ClipImageDecoding.Fast });
    private readonly float[] _values = new float[3 * 224 * 224];
    private byte[] _file = [];
    private byte[] _pixels = [];

    /// <summary>500x375, or 4000x3000.</summary>
    [Params(false, true)]
    public bool Is12Megapixels { get; set; }

    /// <summary>Reads the file.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var workload = Workload.Prepare();
        _file = File.ReadAllBytes(Is12Megapixels ? workload.LargePhotographs[0] : workload.Photographs[0]);
        using var codec = SKCodec.Create(new MemoryStream(_file));
        _pixels = new byte[ImageDecoder.PixelFormat(codec.Info.Size).BytesSize];
    }

    /// <summary>The decoder alone, into memory that is there.</summary>
    [Benchmark(Baseline = true)]
    public unsafe SKCodecResult DecodeOnly()
    {
        fixed (byte* file = _file, pixels = _pixels)
        {
            using var data = SKData.Create((nint)file, _file.Length);
            using var codec = SKCodec.Create(data);
            return codec.GetPixels(ImageDecoder.PixelFormat(codec.Info.Size), (nint)pixels);
        }
    }

    /// <summary>Decode, resize, crop, normalise.</summary>
    [Benchmark]
    public void Exact() => _exact.PreprocessEncoded(_file, _values);

    /// <summary>The same, decoded at reduced scale if the file is large.</summary>
    [Benchmark]
    public void Fast() => _fast.PreprocessEncoded(_file, _values);
}
