using System.ComponentModel;
using System.Diagnostics;
using ImageMagick;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/other-formats.md: TIFF, HEIC and AVIF through Magick.NET.</summary>
public sealed class OtherFormatsRecipe : IDisposable
{
    private readonly RecipeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs()
    {
        string modelDirectory = RecipeFolder.TinyClip;
        string[] paths = [_folder.At("cat.tif"), RecipeFolder.Photograph("cat.png")];
        Write(MagickFormat.Tiff, paths[0]);
        string At(string name) => _folder.At(name);

        // docs/recipes/other-formats.md
        var ml = new MLContext();
        using var clip = ClipModel.Load(modelDirectory, new() { Preprocessing = new() { Decoder = new MagickDecoder() } });
        var album = ml.Data.LoadFromEnumerable(paths.Select(path => new { Path = path }));
        using var model = ml.Transforms.ClipImageEmbedding("Features", "Path", clip).Fit(album);
        ml.Model.Save(model, album.Schema, At("album.zip"));

        // A decoder is code, which no pipeline saves: give it again before loading.
        var other = new MLContext();
        other.Model.UseClipImageDecoder(new MagickDecoder());
        var loaded = other.Model.Load(At("album.zip"), out _);
        float[][] features = [.. loaded.Transform(album).GetColumn<float[]>("Features")];
        // end

        Assert.Equal(features[1], features[0]);
        ((IDisposable)loaded).Dispose();
    }

    [Fact]
    public void Tiff_HasThePixelsOfThePng()
    {
        Write(MagickFormat.Tiff, _folder.At("cat.tif"));

        Assert.Equal(Pixels(RecipeFolder.Photograph("cat.png")), Pixels(_folder.At("cat.tif")));
    }

    [Fact]
    public void Tiff_OnItsSide_IsTurnedWhereItIsAskedFor()
    {
        using var upright = new MagickImage(RecipeFolder.Photograph("cat.png"));
        upright.Rotate(90);
        upright.Write(_folder.At("upright.png"));
        Write(MagickFormat.Tiff, _folder.At("side.tif"), Orientation.RightTop);

        Assert.Equal(Pixels(_folder.At("upright.png")), Pixels(_folder.At("side.tif"), isUpright: true));
        Assert.Equal(Pixels(RecipeFolder.Photograph("cat.png")), Pixels(_folder.At("side.tif")));
    }

    [Fact]
    public void Heic_CanBeReadByThisBuild() => Assert.Contains(MagickNET.SupportedFormats, f => f.Format == MagickFormat.Heic && f.SupportsReading);

    // What their encoders lose is no more than a few levels; that the pictures are the same, upright and in the right colours, is what is seen here.
    [Theory]
    [InlineData(MagickFormat.Heic, "heic"), InlineData(MagickFormat.Avif, "avif"), InlineData(MagickFormat.Jp2, "jp2")]
    public void Lossy_HasThePixelsOfThePngButForItsLoss(MagickFormat format, string extension)
    {
        const double MeanDifference = 0.05;
        Assert.SkipUnless(MagickNET.SupportedFormats.Any(f => f.Format == format && f.SupportsWriting), $"this build of Magick.NET writes no {format}");
        Write(format, _folder.At($"cat.{extension}"));

        float[] expected = Pixels(RecipeFolder.Photograph("cat.png")), actual = Pixels(_folder.At($"cat.{extension}"));

        double mean = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Average();
        TestContext.Current.TestOutputHelper!.WriteLine($"{format}: mean difference {mean}");
        Assert.InRange(mean, 0, MeanDifference);
    }

    /// <summary>HEVC in a container, as telephones write it, made by libheif's own encoder.</summary>
    [Fact]
    public void Heic_OfLibheif_HasThePixelsOfThePngButForItsLoss()
    {
        const double MeanDifference = 0.05;
        Assert.SkipUnless(MakeHeic(RecipeFolder.Photograph("cat.png"), _folder.At("cat.heic")), "needs heif-enc (Debian: libheif-examples), which makes HEIC files");

        float[] expected = Pixels(RecipeFolder.Photograph("cat.png")), actual = Pixels(_folder.At("cat.heic"));

        double mean = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Average();
        TestContext.Current.TestOutputHelper!.WriteLine($"mean difference {mean}");
        Assert.InRange(mean, 0, MeanDifference);
    }

    [Fact]
    public void Damaged_IsNamed()
    {
        Write(MagickFormat.Tiff, _folder.At("cat.tif"));
        byte[] file = File.ReadAllBytes(_folder.At("cat.tif"));
        File.WriteAllBytes(_folder.At("cut.tif"), file[..(file.Length / 2)]);

        var error = Assert.Throws<ClipImageException>(() => Pixels(_folder.At("cut.tif")));

        Assert.Contains("cut.tif': The decoder MagickDecoder failed on the image (TIFF): ", error.Message, StringComparison.Ordinal);
    }

    private static bool MakeHeic(string from, string to)
    {
        try
        {
            var start = new ProcessStartInfo("heif-enc", ["-q", "95", "-o", to, from]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode == 0 && File.Exists(to);
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static float[] Pixels(string path, bool? isUpright = null)
    {
        var preprocessor = ClipImagePreprocessor.Create(options: new() { Decoder = new MagickDecoder(), ApplyExifOrientation = isUpright });
        float[] values = new float[preprocessor.PixelValueCount];
        preprocessor.PreprocessFile(path, values);
        return values;
    }

    private static void Write(MagickFormat format, string path, Orientation orientation = Orientation.TopLeft)
    {
        using var image = new MagickImage(RecipeFolder.Photograph("cat.png")) { Quality = 95, Orientation = orientation };
        image.Write(path, format);
    }

    // docs/recipes/other-formats.md
    internal sealed class MagickDecoder : ClipImageDecoder
    {
        // Magick.NET-Q8 holds up to five channels and the bytes that it gives; codecs have buffers of their own.
        public override int BytesPerPixel => 24;

        public override bool Decodes(string? format, bool isBuiltIn) => Known(format) is not null;

        public override (int Width, int Height)? ReadSize(ClipEncodedImage image)
        {
            using var header = new MagickImage();
            header.Ping(image.Bytes, Settings(image));
            return ((int)header.Width, (int)header.Height);
        }

        public override ClipDecodedImage Decode(ClipEncodedImage image)
        {
            using var picture = new MagickImage(image.Bytes, Settings(image));
            picture.ColorSpace = ColorSpace.sRGB;
            using var pixels = picture.GetPixels();
            return new()
            {
                Width = (int)picture.Width,
                Height = (int)picture.Height,
                HasAlpha = picture.HasAlpha,
                Pixels = pixels.ToByteArray(picture.HasAlpha ? PixelMapping.RGBA : PixelMapping.RGB),
                Orientation = Math.Max(1, (int)picture.Orientation),
            };
        }

        // The format is named, so that nothing else of what ImageMagick knows is tried on a stranger's bytes.
        private static MagickReadSettings Settings(ClipEncodedImage image) => new() { Format = Known(image.Format)!.Value, FrameIndex = 0, FrameCount = 1 };

        private static MagickFormat? Known(string? format) => format switch
        {
            "TIFF" => MagickFormat.Tiff,
            "HEIC" => MagickFormat.Heic,
            "AVIF" => MagickFormat.Avif,
            "JPEG 2000" => MagickFormat.Jp2,
            _ => null,
        };
    }
    // end
}
