using System.Buffers;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Decoders of the application's own, good ones and such as give what nobody should.</summary>
public sealed class UserDecoderTests
{
    private const int Width = 5, Height = 3;

    private static readonly byte[] Tiff = [.. "II*\0"u8, 1, 2, 3, 4];
    private static readonly byte[] Rgb = [.. Enumerable.Range(0, Width * Height * 3).Select(i => (byte)(i * 5))];

    public static TheoryData<string, string> BadResults => new()
    {
        { "null", "gave nothing (null)" },
        { "throws", "InvalidOperationException: it broke" },
        { "out of memory", "InsufficientMemoryException" },
        { "no width", "0 x 3" },
        { "negative height", "5 x -3" },
        { "too many pixels", "the limit, ClipImagePreprocessorOptions.MaximumPixels, is 1000" },
        { "largest size", "the limit, ClipImagePreprocessorOptions.MaximumPixels, is 1000" },
        { "negative stride", "a stride of -15 bytes; a row of 5 pixels has 15" },
        { "small stride", "a stride of 14 bytes; a row of 5 pixels has 15" },
        { "huge stride", "expected at least 4294967309" },
        { "short", "gave 44 bytes for 5 x 3 pixels with a stride of 15; expected at least 45" },
        { "short of alpha", "gave 45 bytes for 5 x 3 pixels with a stride of 20; expected at least 60" },
        { "no pixels", "gave 0 bytes" },
        { "orientation", "the EXIF orientation 9" },
        { "memory that throws", "InvalidOperationException: it is gone" },
        { "memory that shrinks", "gave 1 bytes" },
        { "owner that throws", "InvalidOperationException: it stays" },
    };

    [Theory, MemberData(nameof(BadResults))]
    public void Decode_BadResult_IsTheImagesProblem(string kind, string expected)
    {
        var decoder = new FakeDecoder(Bad(kind));

        var error = Assert.Throws<ClipImageException>(() => Pixels(decoder, Tiff, new() { MaximumPixels = 1000 }));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_RowsWithAStride_AreReadAsTheyLie()
    {
        // The last row's padding is missing, as it may be.
        byte[] padded = [.. Rgb.Chunk(Width * 3).SelectMany(row => row.Concat(new byte[] { 99, 98 })).SkipLast(2)];

        Assert.Equal(Rgb, Pixels(new FakeDecoder(() => Image(Rgb)), Tiff));
        Assert.Equal(Rgb, Pixels(new FakeDecoder(() => new() { Width = Width, Height = Height, Pixels = padded, Stride = (Width * 3) + 2 }), Tiff));
    }

    [Theory, InlineData(ClipImageConvention.HuggingFace), InlineData(ClipImageConvention.OpenAI)]
    public void Decode_Alpha_IsThatOfAPng(ClipImageConvention convention)
    {
        byte[] rgba = [.. Rgb.Chunk(3).SelectMany((pixel, i) => pixel.Append((byte)(i * 16)))];
        byte[] png = ImageFiles.Png(Width, Height, 8, 6, (x, y) => [.. rgba.AsSpan(4 * ((y * Width) + x), 4).ToArray().Select(b => (int)b)]);
        var decoder = new FakeDecoder(() => new() { Width = Width, Height = Height, Pixels = rgba, HasAlpha = true });
        var options = new ClipImagePreprocessorOptions { Convention = convention };

        Assert.Equal(Normal(options, png), Normal(options with { Decoder = decoder }, Tiff));
    }

    [Fact]
    public void Decode_Orientation_IsAppliedWhereItIsAskedFor()
    {
        var decoder = new FakeDecoder(() => new() { Width = 2, Height = 1, Pixels = new byte[] { 1, 2, 3, 4, 5, 6 }, Orientation = 6 });
        byte[] halfTurned = [1, 2, 3, 4, 5, 6];

        byte[] upright = RawPixels.Run(RawPixels.Create("\"do_resize\": false", 1, 2, new() { Decoder = decoder, ApplyExifOrientation = true }), Tiff);
        byte[] stored = RawPixels.Run(RawPixels.Create("\"do_resize\": false", 2, 1, new() { Decoder = decoder, ApplyExifOrientation = false }), Tiff);

        // A quarter to the right: what was left comes to the top.
        Assert.Equal(halfTurned, upright);
        Assert.Equal(halfTurned, stored);
    }

    [Fact]
    public void Decode_IsToldFormatLimitsAndBytes()
    {
        var decoder = new FakeDecoder(() => Image(Rgb)) { Size = (Width, Height), PerPixel = 7 };

        Pixels(decoder, Tiff, new() { MaximumPixels = 1000 });

        Assert.Equal(("TIFF", 1000, 7 * Width * Height), (decoder.Format, decoder.MaximumPixels, decoder.MaximumMemory));
        Assert.Equal(Tiff, decoder.File);
    }

    [Theory]
    [InlineData("png", "PNG"), InlineData("jpg", "JPEG"), InlineData("webp", "WebP"), InlineData("ico", "ICO")]
    public void Decodes_BuiltIn_OnlyIfItSaysSo(string extension, string format)
    {
        var decoder = new FakeDecoder(() => Image(Rgb));

        RawPixels.Decode(ImageFiles.OfFormat(extension), ImageFiles.Width, ImageFiles.Height, new() { Decoder = decoder });
        Assert.Null(decoder.File);

        decoder.TakesAll = true;
        Assert.Equal(Rgb, Pixels(decoder, ImageFiles.OfFormat(extension)));
        Assert.Equal(format, decoder.Format);
    }

    [Fact]
    public void ReadSize_IsBelievedForTheLimitsAndHeldAgainstTheResult()
    {
        var options = new ClipImagePreprocessorOptions { MaximumPixels = 1000, MaximumDecodingMemory = 10_000 };
        var decoder = new FakeDecoder(() => Image(Rgb)) { Size = (50, 21) };
        Refused("MaximumPixels, is 1000");
        decoder.Size = (50, 20);
        Refused("needs 20000 bytes");
        decoder.Size = (-1, 5);
        Refused("-1 x 5");
        Assert.Null(decoder.File);
        decoder.Size = (Width, Height + 1);
        Refused("gave 5 x 3 pixels, but had read a size of 5 x 4");
        decoder.Size = (Height, Width);
        Assert.Equal(Rgb, Pixels(decoder, Tiff, options));
        decoder.PerPixel = -1;
        Refused("-1 bytes per pixel");

        void Refused(string expected) =>
            Assert.Contains(expected, Assert.Throws<ClipImageException>(() => Pixels(decoder, Tiff, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_OfAResultThatIsTooLarge_IsRefused()
    {
        var decoder = new FakeDecoder(() => Image([.. Rgb, .. new byte[2000]]));

        var error = Assert.Throws<ClipImageException>(() => Pixels(decoder, Tiff, new() { MaximumDecodingMemory = 1000 }));

        Assert.Contains("MaximumDecodingMemory, is 1000", error.Message, StringComparison.Ordinal);
        Assert.Equal(1000, decoder.MaximumMemory);
    }

    [Fact]
    public async Task Memory_OfUnknownSizes_IsNeverHeldByTwo()
    {
        int now = 0, most = 0;
        using var directory = new TemporaryDirectory();
        string path = directory.Combine("a.tif");
        await File.WriteAllBytesAsync(path, Tiff, TestContext.Current.CancellationToken);
        var decoder = new FakeDecoder(() =>
        {
            most = Math.Max(most, Interlocked.Increment(ref now));
            Thread.Sleep(2);
            Interlocked.Decrement(ref now);
            return Image(Rgb);
        });
        var preprocessor = RawPixels.Create("\"do_resize\": false", Width, Height, new() { Decoder = decoder });

        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => preprocessor.PreprocessFile(path, new float[preprocessor.PixelValueCount]))))
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.Equal(1, most);
    }

    [Fact]
    public void Cancellation_OfTheDecoder_Passes() =>
        Assert.Throws<OperationCanceledException>(() => Pixels(new FakeDecoder(() => throw new OperationCanceledException()), Tiff));

    [Fact]
    public void Failure_OfAFile_NamesPathAndCause()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Combine("scan.tif");
        File.WriteAllBytes(path, Tiff);
        var preprocessor = ClipImagePreprocessor.Create(options: new() { Decoder = new FakeDecoder(Bad("throws")) });

        var error = Assert.Throws<ClipImageException>(() => preprocessor.PreprocessFile(path, new float[preprocessor.PixelValueCount]));

        Assert.Equal(path, error.Path);
        Assert.IsType<InvalidOperationException>(error.Cause);
        Assert.Contains("scan.tif': The decoder FakeDecoder failed on the image (TIFF): InvalidOperationException: it broke", error.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Owner_IsDisposedOnce(bool fails)
    {
        var owner = new Owner();
        var decoder = new FakeDecoder(() => new() { Width = Width, Height = fails ? 99 : Height, Pixels = Rgb, Owner = owner });

        if (fails)
        {
            Assert.Throws<ClipImageException>(() => Pixels(decoder, Tiff));
        }
        else
        {
            Pixels(decoder, Tiff);
        }

        Assert.Equal(1, owner.Count);
    }

    [Fact]
    public void SavedPipeline_IsGivenTheDecoderAgain()
    {
        using var directory = new TemporaryDirectory();
        var ml = new MLContext();
        var decoder = new FakeDecoder(() => Image(Rgb));
        using var clip = ClipModel.Load(TinyClip.WriteTo(directory.Combine("model")), new() { Preprocessing = new() { Decoder = decoder } });
        var data = ml.Data.LoadFromEnumerable([new Row { Bytes = Tiff }]);
        using var model = ml.Transforms.ClipImageEmbedding("Features", "Bytes", clip).Fit(data);
        float[] expected = model.Transform(data).GetColumnOf("Features")[0];
        string file = directory.Combine("saved.zip");
        ml.Model.Save(model, data.Schema, file);

        using var without = (IDisposable)ml.Model.Load(file, out _);
        Assert.ThrowsAny<Exception>(() => ((ITransformer)without).Transform(data).GetColumnOf("Features"));
        ml.Model.UseClipImageDecoder(decoder);
        using var with = (IDisposable)ml.Model.Load(file, out _);
        Assert.Equal(expected, ((ITransformer)with).Transform(data).GetColumnOf("Features")[0]);
        ml.Model.UseClipImageDecoder(null);
        using var again = (IDisposable)ml.Model.Load(file, out _);
        Assert.ThrowsAny<Exception>(() => ((ITransformer)again).Transform(data).GetColumnOf("Features"));
    }

    private static ClipDecodedImage Image(byte[] pixels) => new() { Width = Width, Height = Height, Pixels = pixels };

    private static byte[] Pixels(ClipImageDecoder decoder, byte[] file, ClipImagePreprocessorOptions? options = null) =>
        RawPixels.Decode(file, Width, Height, (options ?? new()) with { Decoder = decoder });

    private static float[] Normal(ClipImagePreprocessorOptions options, byte[] file)
    {
        var preprocessor = ClipImagePreprocessor.Create(16, options);
        float[] values = new float[preprocessor.PixelValueCount];
        preprocessor.PreprocessEncoded(file, values);
        return values;
    }

    private static Func<ClipDecodedImage> Bad(string kind) => kind switch
    {
        "null" => () => null!,
        "throws" => () => throw new InvalidOperationException("it broke"),
        "out of memory" => () => throw new InsufficientMemoryException(),
        "no width" => () => new() { Width = 0, Height = Height, Pixels = Rgb },
        "negative height" => () => new() { Width = Width, Height = -Height, Pixels = Rgb },
        "too many pixels" => () => new() { Width = 100, Height = 11, Pixels = new byte[3300] },
        "largest size" => () => new() { Width = int.MaxValue, Height = int.MaxValue, Pixels = Rgb, HasAlpha = true },
        "negative stride" => () => new() { Width = Width, Height = Height, Pixels = Rgb, Stride = -15 },
        "small stride" => () => new() { Width = Width, Height = Height, Pixels = Rgb, Stride = 14 },
        "huge stride" => () => new() { Width = Width, Height = Height, Pixels = Rgb, Stride = int.MaxValue },
        "short" => () => Image(Rgb[..^1]),
        "short of alpha" => () => new() { Width = Width, Height = Height, Pixels = Rgb, HasAlpha = true },
        "no pixels" => () => Image([]),
        "orientation" => () => new() { Width = Width, Height = Height, Pixels = Rgb, Orientation = 9 },
        "memory that throws" => () => new() { Width = Width, Height = Height, Pixels = new OddMemory(0).Claimed },
        "memory that shrinks" => () => new() { Width = Width, Height = Height, Pixels = new OddMemory(1).Claimed },
        _ => () => new() { Width = Width, Height = Height, Pixels = Rgb, Owner = new Owner { Fails = true } },
    };

    private sealed class FakeDecoder(Func<ClipDecodedImage> decode) : ClipImageDecoder
    {
        public (int Width, int Height)? Size { get; set; }

        public int PerPixel { get; set; } = 16;

        public bool TakesAll { get; set; }

        public byte[]? File { get; private set; }

        public string? Format { get; private set; }

        public long MaximumPixels { get; private set; }

        public long MaximumMemory { get; private set; }

        public override int BytesPerPixel => PerPixel;

        public override bool Decodes(string? format, bool isBuiltIn) => TakesAll || base.Decodes(format, isBuiltIn);

        public override (int Width, int Height)? ReadSize(ClipEncodedImage image) => Size;

        public override ClipDecodedImage Decode(ClipEncodedImage image)
        {
            (File, Format, MaximumPixels, MaximumMemory) = (image.Bytes.ToArray(), image.Format, image.MaximumPixels, image.MaximumMemory);
            return decode();
        }
    }

    private sealed class Owner : IDisposable
    {
        public bool Fails { get; init; }

        public int Count { get; private set; }

        public void Dispose()
        {
            Count++;
            if (Fails)
            {
                throw new InvalidOperationException("it stays");
            }
        }
    }

    // Memory that holds less than it says, or nothing any more.
    private sealed class OddMemory(int length) : MemoryManager<byte>
    {
        private int _asked;

        // Its span is asked for once to make the memory.
        public Memory<byte> Claimed => CreateMemory(length == 0 ? Rgb.Length : length);

        public override Span<byte> GetSpan() => length == 0 ? throw new InvalidOperationException("it is gone") : _asked++ > 3 ? [] : new byte[length];

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class Row
    {
        public byte[] Bytes { get; set; } = [];
    }
}
