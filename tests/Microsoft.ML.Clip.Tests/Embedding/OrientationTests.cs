namespace Microsoft.ML.Clip.Tests;

/// <summary>Photographs that are stored on their side: turned where the reference's users would have had them turned, and nowhere without a word.</summary>
public sealed class OrientationTests : IDisposable
{
    private static readonly byte[] Stored = ImageFiles.OfFormat("jpg");

    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryDirectory _directory = new();
    private readonly string _model;

    public OrientationTests() => _model = TinyClip.WriteTo(_directory.Combine("model"));

    public static TheoryData<int> Orientations => [.. Enumerable.Range(1, 8)];

    public void Dispose() => _directory.Dispose();

    [Theory, MemberData(nameof(Orientations))]
    public void Model_Default_IsTheReferences(int orientation)
    {
        using ClipModel huggingFace = Load(ClipImageConvention.HuggingFace), openAI = Load(ClipImageConvention.OpenAI);
        using ClipModel turned = Load(ClipImageConvention.OpenAI, true), asStored = Load(ClipImageConvention.HuggingFace, false);
        byte[] file = ImageFiles.WithOrientation(Stored, orientation);

        Assert.Equal(Pixels(turned, file), Upright(file, ClipImageConvention.OpenAI));
        Assert.Equal(Pixels(huggingFace, file), Upright(file, ClipImageConvention.HuggingFace));
        Assert.Equal(Pixels(openAI, file), Pixels(openAI, Stored));
        Assert.Equal(Pixels(asStored, file), Pixels(huggingFace, Stored));
        Assert.Equal(orientation == 1, Pixels(huggingFace, file).SequenceEqual(Pixels(huggingFace, Stored)));
    }

    [Theory]
    [InlineData(null, true), InlineData(true, true), InlineData(false, false)]
    public void Step_OwnChoice_HoldsAndIsSaved(bool? choice, bool isTurned)
    {
        byte[] file = ImageFiles.WithOrientation(Stored, 6);
        using var clip = Load(ClipImageConvention.HuggingFace);
        var data = _ml.Data.LoadFromEnumerable([new Row { Bytes = file }]);
        using var model = _ml.Transforms.ClipImageEmbedding("Features", "Bytes", clip, new() { ApplyExifOrientation = choice }).Fit(data);
        float[] expected = clip.EncodeImages([isTurned ? file : Stored])[0];

        float[] actual = model.Transform(data).GetColumnOf("Features")[0];
        _ml.Model.Save(model, data.Schema, _directory.Combine("saved.zip"));
        using var loaded = (IDisposable)_ml.Model.Load(_directory.Combine("saved.zip"), out _);

        Tolerances.Close(expected, actual, Tolerances.BatchSize);
        Assert.Equal(actual, ((ITransformer)loaded).Transform(data).GetColumnOf("Features")[0]);
    }

    [Fact]
    public void Model_TurnsIgnored_WarnsWithACount()
    {
        using var clip = Load(ClipImageConvention.OpenAI);
        var messages = new List<ClipModelMessage>();
        clip.Message += (_, m) => messages.Add(m);
        byte[] file = ImageFiles.WithOrientation(Stored, 3);

        foreach (byte[] one in Enumerable.Repeat(file, 12).Prepend(Stored))
        {
            Pixels(clip, one);
        }

        Assert.Collection(messages.Where(m => m.Text.Contains("EXIF", StringComparison.Ordinal)),
            m => Assert.StartsWith("1 image is not stored upright", m.Text, StringComparison.Ordinal),
            m => Assert.StartsWith("10 images are not stored upright", m.Text, StringComparison.Ordinal));
        Assert.All(messages, m => Assert.Equal(ClipModelMessageKind.Warning, m.Kind));
    }

    [Fact]
    public void Preprocessor_LargePhotographOnItsSide_TakesFourBytesAPixel()
    {
        // Twice as much, a picture and its upright copy, would not fit; a photograph that is upright already takes its rows only.
        const int Edge = 600, Needed = (Edge * Edge * 4) + (512 * Edge) + 1000;
        byte[] file = ImageFiles.Encode(SkiaSharp.SKEncodedImageFormat.Jpeg, Edge, Edge);
        var preprocessor = ClipImagePreprocessor.Create(32, new() { ApplyExifOrientation = true, MaximumDecodingMemory = Needed });
        preprocessor.PreprocessEncoded(ImageFiles.WithOrientation(file, 6), new float[preprocessor.PixelValueCount]);

        var small = ClipImagePreprocessor.Create(32, new() { ApplyExifOrientation = true, MaximumDecodingMemory = Needed / 2 });
        small.PreprocessEncoded(ImageFiles.WithOrientation(file, 1), new float[preprocessor.PixelValueCount]);
        Assert.Throws<ClipImageException>(() => small.PreprocessEncoded(ImageFiles.WithOrientation(file, 6), new float[preprocessor.PixelValueCount]));
    }

    private static float[] Upright(byte[] file, ClipImageConvention convention)
    {
        var preprocessor = ClipImagePreprocessor.Create(new TinyClipOptions().ImageSize, new() { ApplyExifOrientation = true, Convention = convention });
        float[] values = new float[preprocessor.PixelValueCount];
        preprocessor.PreprocessEncoded(file, values);
        return values;
    }

    private static float[] Pixels(ClipModel clip, byte[] file)
    {
        float[] values = new float[clip.Preprocessor.PixelValueCount];
        clip.Preprocessor.PreprocessEncoded(file, values);
        return values;
    }

    private ClipModel Load(ClipImageConvention convention, bool? choice = null) =>
        ClipModel.Load(_model, new() { Preprocessing = new() { Convention = convention, ApplyExifOrientation = choice } });

    private sealed class Row
    {
        public byte[] Bytes { get; set; } = [];
    }
}
