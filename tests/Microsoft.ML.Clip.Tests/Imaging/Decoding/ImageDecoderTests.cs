using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Files that are no good: each an error that says what is wrong, none a crash or a made-up picture.</summary>
public class ImageDecoderTests
{
    private static readonly ClipImagePreprocessor Preprocessor = ClipImagePreprocessor.Create(32);

    public static TheoryData<string> Formats => new("jpg", "png", "webp", "bmp", "gif", "ico");

    [Fact]
    public void PreprocessEncoded_Empty_SaysSo() => AssertError([], "empty", "0 bytes");

    [Fact]
    public void PreprocessEncoded_Text_ShowsHowItStarts() => AssertError("This is not a picture."u8.ToArray(), "Expected an image", "\"This is not a pi\"");

    [Theory]
    [InlineData("49492A0008000000", "TIFF")]
    [InlineData("4D4D002A00000008", "TIFF")]
    [InlineData("000000186674797068656963000000006D696631", "HEIC")]
    [InlineData("00000018667479706D6966310000000068656963", "HEIC")]
    [InlineData("0000002066747970617669660000000061766966", "AVIF")]
    [InlineData("0000000C6A5020200D0A870A", "JPEG 2000")]
    [InlineData("FF4FFF5100290000", "JPEG 2000")]
    [InlineData("0000000C4A584C200D0A870A", "JPEG XL")]
    [InlineData("FF0A7F00", "JPEG XL")]
    [InlineData("255044462D312E37", "PDF")]
    [InlineData("3842505300010000", "Photoshop (PSD)")]
    [InlineData("3C73766720786D6C6E733D22", "SVG or other XML")]
    [InlineData("EFBBBF0A3C3F786D6C2076657273696F6E", "SVG or other XML")]
    public void PreprocessEncoded_ForeignFormat_NamesIt(string hex, string name) => AssertError(Convert.FromHexString(hex), "Expected an image", $"bytes are {name}. Convert");

    // A gray JPEG of 8 x 8 pixels, one step of whose table is 255 in the place of 2, so that coefficients go beyond what 8-bit pixels can have. This is what
    // libjpeg-turbo's C code makes of it, and Pillow with JSIMD_FORCENONE=1; its code for vector instructions, which Pillow has otherwise, makes
    // 255 of the left half and 0 of the right. See docs/numerics.md.
    [Fact]
    public void PreprocessEncoded_JpegWithADamagedTable_IsWhatLibjpegTurboComputesWithoutVectorInstructions()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "known of SkiaSharp's build for Linux");
        byte[] file = Convert.FromBase64String("/9j/2wBDAAP/AgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAA"
            + "AAAAAAAABP/EABoQAAAHAAAAAAAAAAAAAAAAAAAGCCI1QVL/2gAIAQEAAD8AOhsox7M0P//Z");
        byte[] fourth = [153, 158, 163, 167, 173, 178, 183, 188], fifth = [62, 67, 72, 77, 83, 87, 92, 97];

        byte[] gray = [.. RawPixels.Decode(file, 8, 8).Where((_, i) => i % 3 == 0)];

        Assert.Equal(Enumerable.Range(0, 8).SelectMany(y => (byte[])[255, 0, 255, fourth[y], fifth[y], 0, 255, 0]), gray);
    }

    [Fact]
    public void PreprocessEncoded_OtherBytes_ShowsHowTheyStart() => AssertError([1, 2, 3, 0xFE], "Expected an image", "010203FE");

    // Wider than libjpeg goes; a header of WebP and nothing that belongs to it; an icon without pictures.
    [Fact]
    public void PreprocessEncoded_KnownFormatThatCannotBeOpened_IsNotCalledForeign()
    {
        AssertError(ImageFiles.WithSize("jpg", 65535, 32), "begin as Jpeg", "damaged");
        AssertError([.. "RIFF"u8, 100, 0, 0, 0, .. "WEBPnone"u8, .. new byte[92]], "begin as WebP", "damaged");
        AssertError([0, 0, 1, 0, 0, 0, .. new byte[50]], "begin as Ico", "damaged");
    }

    [Theory, MemberData(nameof(Formats))]
    public void PreprocessEncoded_EveryFormat_IsRead(string format)
    {
        float[] values = new float[Preprocessor.PixelValueCount];
        Preprocessor.PreprocessEncoded(ImageFiles.OfFormat(format), values);
        Assert.True(values.Distinct().Count() > 10);
    }

    [Theory, MemberData(nameof(Formats))]
    public void PreprocessEncoded_TruncatedAnywhere_IsAnError(string format)
    {
        byte[] file = ImageFiles.OfFormat(format);
        for (int i = 0; i < 50; i++)
        {
            var error = Error(file[..(file.Length * i / 50)]);
            Assert.False(string.IsNullOrWhiteSpace(error.Message));
        }
    }

    [Theory]
    [InlineData("jpg"), InlineData("png"), InlineData("bmp"), InlineData("gif")]
    public void PreprocessEncoded_HugeSizeInHeader_IsRefusedByItsSize(string format) =>
        AssertError(ImageFiles.WithSize(format, 60000, 60000), "60000 x 60000", "3600000000", nameof(ClipImagePreprocessorOptions.MaximumPixels));

    [Fact]
    public void PreprocessEncoded_MorePixelsThanTheOption_IsRefused()
    {
        const int Pixels = ImageFiles.Width * ImageFiles.Height;
        byte[] file = ImageFiles.OfFormat("png");
        ClipImagePreprocessor.Create(32, new() { MaximumPixels = Pixels }).PreprocessEncoded(file, new float[3 * 32 * 32]);
        var error = Assert.Throws<ClipImageException>(
            () => ClipImagePreprocessor.Create(32, new() { MaximumPixels = Pixels - 1 }).PreprocessEncoded(file, new float[3 * 32 * 32]));
        Assert.Contains("1200", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0L), InlineData(-1L), InlineData(long.MaxValue)]
    public void Create_ImpossibleLimit_IsAnError(long pixels) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipImagePreprocessor.Create(32, new() { MaximumPixels = pixels }));

    [Fact]
    public void PreprocessEncoded_MoreMemoryThanTheOption_IsRefusedWithBothNumbers()
    {
        // 1200 pixels of 4 bytes, 512 bytes for each of 40 columns.
        const int Needed = (ImageFiles.Width * ImageFiles.Height * 4) + (512 * ImageFiles.Width);
        byte[] file = ImageFiles.OfFormat("png");
        ClipImagePreprocessor.Create(32, new() { MaximumDecodingMemory = Needed }).PreprocessEncoded(file, new float[3 * 32 * 32]);
        var error = Assert.Throws<ClipImageException>(
            () => ClipImagePreprocessor.Create(32, new() { MaximumDecodingMemory = Needed - 1 }).PreprocessEncoded(file, new float[3 * 32 * 32]));
        Assert.Contains($"{Needed} bytes", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{nameof(ClipImagePreprocessorOptions.MaximumDecodingMemory)}, is {Needed - 1}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PreprocessFile_LargerThanTheOption_IsNotRead()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Combine("large.jpg");
        using (var file = File.Create(path))
        {
            file.Write(ImageFiles.OfFormat("jpg"));
            file.SetLength(3L << 30); // sparse
        }
        var error = Assert.Throws<ClipImageException>(() => Preprocessor.PreprocessFile(path, new float[Preprocessor.PixelValueCount]));
        Assert.Contains("its 3221225472 bytes included", error.Message, StringComparison.Ordinal);
        using var stream = File.OpenRead(path);
        error = Assert.Throws<ClipImageException>(() => Preprocessor.PreprocessStream(stream, new float[Preprocessor.PixelValueCount]));
        Assert.Contains("3221225472 bytes", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ClipImageException>(() => Preprocessor.PreprocessStream(new Endless(), new float[Preprocessor.PixelValueCount]));
        Assert.Contains("536870912", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(IrregularFiles.Kinds), MemberType = typeof(IrregularFiles))]
    public void PreprocessFile_NoRegularFile_IsRefusedAtOnce(string kind)
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Combine("a.jpg");
        IrregularFiles.Put(kind, path);

        var error = IrregularFiles.Error(() => Preprocessor.PreprocessFile(path, new float[Preprocessor.PixelValueCount]));

        Assert.StartsWith($"'{path}': The image file cannot be read: ", Assert.IsType<ClipImageException>(error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_NoMemoryAtAll_IsAnError() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipImagePreprocessor.Create(32, new() { MaximumDecodingMemory = 0 }));

    [Theory]
    [InlineData(10, true), InlineData(99, true), InlineData(101, false)]
    public void PreprocessEncoded_ScansOfASmallJpeg_HaveALimit(int scans, bool isRead)
    {
        byte[] file = HostileFiles.ProgressiveJpeg(100, 60, scans);
        if (isRead)
        {
            Preprocessor.PreprocessEncoded(file, new float[Preprocessor.PixelValueCount]);
            return;
        }
        AssertError(file, "more than 100 scans");
    }

    [Fact]
    public void PreprocessEncoded_Cancelled_Stops()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.Throws<OperationCanceledException>(
            () => Preprocessor.PreprocessEncoded(ImageFiles.OfFormat("jpg"), new float[Preprocessor.PixelValueCount], cancellation.Token));
    }

    [Fact]
    public void PreprocessEncoded_IconWithoutItsLargestPicture_IsAnError()
    {
        byte[] file = ImageFiles.Ico((16, 16), (48, 48));
        Assert.NotEmpty(RawPixels.Decode(file, 48, 48));
        // The small picture is whole; the decoder would take it.
        AssertError(file[..^100], "truncated", $"{file.Length - 100}", $"{file.Length}");
    }

    [Fact]
    public void PreprocessEncoded_WebPWithoutItsLastBytes_IsAnError()
    {
        byte[] file = ImageFiles.Encode(SKEncodedImageFormat.Webp);
        AssertError(file[..^1], "truncated");
    }

    [Fact]
    public void PreprocessEncoded_RandomBytesBehindEverySignature_NeverCrashes()
    {
        var random = new Random(11);
        foreach (string format in Formats.Select(row => row.Data))
        {
            byte[] file = ImageFiles.OfFormat(format);
            for (int i = 0; i < 60; i++)
            {
                byte[] damaged = [.. file];
                random.NextBytes(damaged.AsSpan(random.Next(4, 40)));
                AssertImageOrClearError(damaged);
            }
        }
    }

    [Fact]
    public void PreprocessEncoded_FlippedBits_NeverCrashes()
    {
        var random = new Random(12);
        foreach (string format in Formats.Select(row => row.Data))
        {
            for (int i = 0; i < 150; i++)
            {
                byte[] file = ImageFiles.OfFormat(format);
                for (int flips = random.Next(1, 4); flips > 0; flips--)
                {
                    file[random.Next(Math.Min(file.Length, 80))] ^= (byte)(1 << random.Next(8));
                }
                AssertImageOrClearError(file);
            }
        }
    }

    [Theory]
    [InlineData(1, 500), InlineData(500, 1), InlineData(1, 1), InlineData(2, 30000), InlineData(30000, 2)]
    public void PreprocessEncoded_NarrowImages_AreResized(int width, int height)
    {
        byte[] file = ImageFiles.Png(width, height, 8, 2, (x, y) => [10, 200, 90]);
        byte[] pixels = RawPixels.Run(RawPixels.Create("\"size\": 32", 32, 32), file);
        Assert.Equal([10, 200, 90], pixels[^3..]);
        Assert.Equal([.. pixels[..3], .. pixels[..^3]], pixels); // All pixels are alike.
    }

    [Fact]
    public void PreprocessFile_Errors_NameTheFile()
    {
        using var directory = new TemporaryDirectory();
        string text = directory.Write("notes.jpg", "no picture"), missing = directory.Combine("missing.png");
        float[] values = new float[Preprocessor.PixelValueCount];
        foreach (var (path, cause) in new[] { (text, "Expected an image"), (missing, "no such image file"), (directory.FullName, "directory"), ("", "cannot be read") })
        {
            var error = Assert.Throws<ClipImageException>(() => Preprocessor.PreprocessFile(path, values));
            Assert.StartsWith($"'{path}': ", error.Message, StringComparison.Ordinal);
            Assert.Contains(cause, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Preprocess_WrongLength_SaysHowMuchRoomIsNeeded()
    {
        var error = Assert.Throws<ArgumentException>(() => Preprocessor.PreprocessEncoded(ImageFiles.OfFormat("png"), new float[10]));
        Assert.Contains("3 x 32 x 32 = 3072", error.Message, StringComparison.Ordinal);
        Assert.Contains("10", error.Message, StringComparison.Ordinal);
    }

    private static void AssertImageOrClearError(byte[] file)
    {
        float[] values = new float[Preprocessor.PixelValueCount];
        // Damaged headers may state any size; what is tested here is not how fast large ones are.
        var preprocessor = ClipImagePreprocessor.Create(32, new() { MaximumPixels = 1_000_000 });
        try
        {
            preprocessor.PreprocessEncoded(file, values);
            Assert.DoesNotContain(values, float.IsNaN);
        }
        catch (ClipImageException e)
        {
            Assert.False(string.IsNullOrWhiteSpace(e.Message));
        }
    }

    private static ClipImageException Error(byte[] file) =>
        Assert.Throws<ClipImageException>(() => Preprocessor.PreprocessEncoded(file, new float[Preprocessor.PixelValueCount]));

    private static void AssertError(byte[] file, params string[] parts)
    {
        string message = Error(file).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    /// <summary>A stream that neither ends nor tells its length.</summary>
    private sealed class Endless : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => count;

        public override int Read(Span<byte> buffer) => buffer.Length;

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
