using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Headers as this library reads them, before the decoder: the same sizes, and never less memory than it takes.</summary>
public sealed class ImageHeaderTests
{
    private const long Pixels = 100L * 60;

    public static TheoryData<string> Formats => new("jpg", "png", "webp", "bmp", "gif", "ico");

    // Kind, width, height, and how many bytes a pixel the decoder holds beside its output (but for what goes by row).
    public static TheoryData<string, byte[], int> Costs => new()
    {
        { "PNG, interlaced RGB of 16 bits", HostileFiles.InterlacedPng(100, 60, 16, 2), 8 },
        { "PNG, interlaced RGB", HostileFiles.InterlacedPng(100, 60, 8, 2), 4 },
        { "PNG, interlaced gray", HostileFiles.InterlacedPng(100, 60, 8, 0), 4 },
        { "PNG, interlaced palette", HostileFiles.InterlacedPng(100, 60, 8, 3), 1 },
        { "PNG", ImageFiles.Encode(SKEncodedImageFormat.Png, 100, 60), 0 },
        { "JPEG", ImageFiles.Encode(SKEncodedImageFormat.Jpeg, 100, 60), 0 },
        { "WebP, lossy", ImageFiles.Encode(SKEncodedImageFormat.Webp, 100, 60), 0 },
        { "WebP, lossless", HostileFiles.LosslessWebP(100, 60), 4 },
        { "GIF", HostileFiles.Gif(100, 60), 2 },
        { "BMP", ImageFiles.Bmp24(100, 60, (x, y) => (1, 2, 3)), 0 },
    };

    [Theory, MemberData(nameof(Formats))]
    public void TryRead_EveryFormat_SeesTheSizeThatTheDecoderSees(string format)
    {
        byte[] file = ImageFiles.OfFormat(format);
        var header = Read(file);
        using var codec = SKCodec.Create(new SKMemoryStream(file));

        Assert.Equal((codec.Info.Width, codec.Info.Height), (header!.Value.Width, header.Value.Height));
        Assert.Equal(codec.EncodedFormat.ToString(), header.Value.Kind.ToString(), ignoreCase: true);
    }

    [Theory, MemberData(nameof(Costs))]
    public void TryRead_DecodersMemory_IsOfTheKindsBytesPerPixel(string kind, byte[] file, int bytesPerPixel)
    {
        var header = Read(file)!.Value;

        Assert.True(header is { Width: 100, Height: 60 }, kind);
        // By row: 512 bytes a column; GIF and gray of 16 bits have a copy of the file.
        Assert.Equal(bytesPerPixel * Pixels, header.DecoderBytes - (512 * 100) - (kind == "GIF" ? file.Length : 0));
    }

    [Fact]
    public void TryRead_AnInterlacedPictureBeyondAllNumbers_IsBeyondAllLimits()
    {
        byte[] file = ImageFiles.Png(1_229_472_850, 2_079_037_558, 16, 6, interlace: 1, []);

        Assert.True(Read(file)!.Value.DecoderBytes > ClipImagePreprocessorOptions.DefaultMaximumDecodingMemory);
    }

    [Fact]
    public void TryRead_ProgressiveJpeg_CountsCoefficients()
    {
        var header = Read(HostileFiles.ProgressiveJpeg(100, 60, 3))!.Value;
        // 13 x 8 blocks of 64 coefficients of two bytes.
        Assert.Equal((13 * 8 * 128) + (512 * 100), header.DecoderBytes);
        Assert.True(header.HasSeveralScans);
        Assert.False(Read(ImageFiles.OfFormat("jpg"))!.Value.HasSeveralScans);
    }

    [Fact]
    public void TryRead_SubsampledCoefficients_FollowTheSamplingFactors()
    {
        // SOF2, 100 x 60, luminance 2 x 2, colours 1 x 1: 7 x 4 units of 6 blocks.
        byte[] file =
        [
            0xFF, 0xD8, 0xFF, 0xC2, 0, 17, 8, 0, 60, 0, 100, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1,
            0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 0, 0,
        ];
        Assert.True(JpegHeader.TryRead(new HeaderBytes(file), out var header));
        Assert.Equal((100, 60, true, 7 * 4 * 6 * 128L), (header.Width, header.Height, header.HasSeveralScans, header.CoefficientBytes));
        // Baseline whose first scan has one component of three.
        file[3] = 0xC0;
        file[25] = 1;
        Assert.True(JpegHeader.TryRead(new HeaderBytes(file), out header) && header.HasSeveralScans);
        file[25] = 3;
        Assert.True(JpegHeader.TryRead(new HeaderBytes(file), out header) && !header.HasSeveralScans);
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(37)]
    public void CountScans_CountsThemAndStopsAtTheLimit(int scans)
    {
        byte[] file = HostileFiles.ProgressiveJpeg(100, 60, scans);
        Assert.Equal(scans, JpegHeader.CountScans(file, 1000));
        Assert.Equal(Math.Min(scans, 11), JpegHeader.CountScans(file, 10));
        Assert.Equal(scans, JpegHeader.CountScans([.. file, .. file], 1000)); // What follows the end is no part of it.
    }

    [Fact]
    public void TryRead_StartOfAFile_ReadsOnWhereTheHeaderIsFarBehind()
    {
        using var directory = new TemporaryDirectory();
        byte[] jpeg = ImageFiles.OfFormat("jpg");
        // Thumbnails and profiles of 700,000 bytes.
        byte[] segments = [.. Enumerable.Range(0, 11).SelectMany(_ => (byte[])[0xFF, 0xE2, 0xFF, 0xFF, .. new byte[65533]])];
        string path = directory.Combine("a.jpg");
        File.WriteAllBytes(path, [.. jpeg[..2], .. segments, .. jpeg[2..]]);
        using var file = ImageFile.Open(path);

        var header = ImageHeader.TryRead(file.Header, ImageKind.Jpeg);

        Assert.True(header is { Width: ImageFiles.Width, Height: ImageFiles.Height });
        Assert.True(header.Value.DecoderBytes > 2 * segments.Length - 1000, "the decoder copies profiles");
        var preprocessor = ClipImagePreprocessor.Create(32);
        float[] expected = new float[preprocessor.PixelValueCount], actual = new float[preprocessor.PixelValueCount];
        preprocessor.PreprocessEncoded(jpeg, expected);
        preprocessor.PreprocessFile(path, actual);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void TryRead_Mutants_NeitherThrowNorClaimLessThanTheDecoderSees()
    {
        var random = new Random(13);
        int seen = 0;
        foreach (byte[] file in Formats.Select(row => ImageFiles.OfFormat(row.Data)).Concat(Costs.Select(row => row.Data.Item2)))
        {
            for (int i = 0; i < 250; i++)
            {
                byte[] mutant = Mutate(file, random);
                if (ImageKinds.Of(mutant) is not { } kind)
                {
                    continue;
                }
                var header = ImageHeader.TryRead(new HeaderBytes(mutant), kind);
                using var codec = SKCodec.Create(new SKMemoryStream(mutant));
                if (codec is null)
                {
                    continue;
                }
                seen++;
                // A header that is not understood, or understood otherwise, would be met by the decoder's own account; here it is to be rare.
                Assert.True(header is { } h && h.Pixels >= (long)codec.Info.Width * codec.Info.Height,
                    $"{kind}: {header} but {codec.Info.Width} x {codec.Info.Height} in {Convert.ToHexString(mutant.AsSpan(0, Math.Min(mutant.Length, 100)))}");
            }
        }
        Assert.True(seen > 1000, $"{seen} mutants have headers");
    }

    [Fact]
    public void Preprocess_Mutants_GiveAPictureOrAnErrorWithinALittleMemory()
    {
        const long Limit = 2 << 20;
        var preprocessor = ClipImagePreprocessor.Create(32, new() { MaximumDecodingMemory = Limit });
        var random = new Random(14);
        float[] values = new float[preprocessor.PixelValueCount];
        foreach (byte[] file in Formats.Select(row => ImageFiles.OfFormat(row.Data)).Concat(Costs.Select(row => row.Data.Item2)))
        {
            for (int i = 0; i < 100; i++)
            {
                try
                {
                    preprocessor.PreprocessEncoded(Mutate(file, random), values);
                    Assert.All(values, v => Assert.True(float.IsFinite(v)));
                }
                catch (ClipImageException e)
                {
                    Assert.NotEmpty(e.Message);
                }
            }
        }
    }

    private static byte[] Mutate(byte[] file, Random random)
    {
        byte[] mutant = [.. file];
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            int place = random.Next(Math.Min(mutant.Length, random.Next(2) == 0 ? 60 : int.MaxValue));
            switch (random.Next(4))
            {
                case 0: mutant[place] = (byte)random.Next(256); break;
                case 1: mutant[place] ^= (byte)(1 << random.Next(8)); break;
                case 2: mutant = [.. mutant[..place], .. mutant[Math.Min(mutant.Length, place + random.Next(1, 20))..], 0]; break;
                default: mutant = [.. mutant[..place], .. new byte[random.Next(1, 8)], .. mutant[place..]]; break;
            }
        }
        return mutant;
    }

    private static ImageHeader? Read(byte[] file) => ImageHeader.TryRead(new HeaderBytes(file), ImageKinds.Of(file)!.Value);
}
