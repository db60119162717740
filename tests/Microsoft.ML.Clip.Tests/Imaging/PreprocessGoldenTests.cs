using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Against crops computed with Pillow, byte for byte.</summary>
public class PreprocessGoldenTests
{
    // Pillow resizes these in modes that the decoder cannot give: CMYK in four inks, 16-bit gray in 32-bit integers. See docs/numerics.md.
    private static readonly string[] UnmatchedByOpenAI = ["m_cmyk.jpg"];

    public static TheoryData<string> Names => ImagingFixture.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void PreprocessFile_HuggingFace_MatchesPillowToTheBit(string name)
    {
        Assert.Equal(Expected(name, "hf"), Crop(name, ClipImageConvention.HuggingFace));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void PreprocessFile_OpenAI_MatchesPillowToTheBit(string name)
    {
        Assert.SkipWhen(UnmatchedByOpenAI.Contains(name), "Listed in docs/numerics.md, with its cause.");
        Assert.Equal(Expected(name, "openai"), Crop(name, ClipImageConvention.OpenAI));
    }

    [Fact]
    public void PreprocessFile_ExifOrientation_MatchesPillowsTranspose()
    {
        string? expected = ImagingFixture.Expected("m_exif6.jpg").GetProperty("openai_after_exif_transpose").GetProperty("sha256").GetString();
        var options = new ClipImagePreprocessorOptions { Convention = ClipImageConvention.OpenAI, ApplyExifOrientation = true };
        Assert.Equal(expected, Crop("m_exif6.jpg", options));
    }

    [Theory]
    [InlineData("tiny-vit")]
    [InlineData("tiny-rn")]
    public void PreprocessFile_ModelBundle_MatchesTheReferencesFloatsToTheBit(string model)
    {
        var preprocessor = ClipImagePreprocessor.Load(
            SharedFolder.Require($"fixtures/models/{model}"), new ClipImagePreprocessorOptions { Convention = ClipImageConvention.OpenAI });
        float[] values = new float[preprocessor.PixelValueCount];
        string[] tensors = Directory.GetFiles(SharedFolder.Require($"fixtures/models/tensors_{model}"), "*.pixel_values.f32");
        Assert.NotEmpty(tensors);
        foreach (string tensor in tensors)
        {
            string name = Path.GetFileName(tensor)[..^".pixel_values.f32".Length];
            preprocessor.PreprocessFile(ImagingFixture.PathOf(name), values);
            Assert.Equal(File.ReadAllBytes(tensor), MemoryMarshal.AsBytes<float>(values));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Preprocess_MLImageOfOpaqueFile_EqualsTheFile(string name)
    {
        // 16-bit gray is clipped by the references but scaled by MLImage's decoder; transparent pixels lose their colour there.
        bool hasAlpha = ImagingFixture.Expected(name).GetProperty("mode").GetString() is "RGBA" or "LA" && name != "m_rgba_opaque.png";
        Assert.SkipWhen(hasAlpha || name is "m_gray16.png" or "m_palette_trns.png", "MLImage holds other pixels than the file.");
        var preprocessor = ClipImagePreprocessor.Create();
        float[] values = new float[preprocessor.PixelValueCount];
        using var image = MLImage.CreateFromFile(ImagingFixture.PathOf(name));
        preprocessor.Preprocess(image, values);
        Assert.Equal(Expected(name, "hf"), ImagingFixture.Sha256(ImagingFixture.ToRgb(values)));
    }

    private static string? Expected(string name, string convention) =>
        ImagingFixture.Expected(name).GetProperty(convention).GetProperty("sha256").GetString();

    private static string Crop(string name, ClipImageConvention convention) => Crop(name, new ClipImagePreprocessorOptions { Convention = convention });

    private static string Crop(string name, ClipImagePreprocessorOptions options)
    {
        var preprocessor = ClipImagePreprocessor.Create(ImagingFixture.Edge, options);
        float[] values = new float[preprocessor.PixelValueCount];
        preprocessor.PreprocessFile(ImagingFixture.PathOf(name), values);
        return ImagingFixture.Sha256(ImagingFixture.ToRgb(values));
    }
}
