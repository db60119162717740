using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip.Tests;

public sealed class ImageGeneratorTests(SampleModel sample) : IClassFixture<SampleModel>
{
    private readonly IEmbeddingGenerator<DataContent, Embedding<float>> _generator = sample.Clip.AsImageEmbeddingGenerator(SampleModel.Id);

    [Fact]
    public void As_WithBadArguments_Throws()
    {
        Assert.Throws<ArgumentNullException>("clip", () => ((ClipModel)null!).AsImageEmbeddingGenerator());
        Assert.Throws<ArgumentException>("modelId", () => sample.Clip.AsImageEmbeddingGenerator(""));
    }

    [Fact]
    public void GetService_GivesItselfMetadataAndTheModel()
    {
        Assert.Same(_generator, _generator.GetService<IEmbeddingGenerator<DataContent, Embedding<float>>>());
        Assert.Same(sample.Clip, _generator.GetService<ClipModel>());
        Assert.Equal(SampleModel.Id, _generator.GetService<EmbeddingGeneratorMetadata>()?.DefaultModelId);
        Assert.Null(_generator.GetService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Null(_generator.GetService<ClipModel>("key"));
    }

    [Fact]
    public async Task Generate_ManyValues_AreEncodeImagesInOrder()
    {
        string[] names = [.. Enumerable.Range(0, 40).Select(i => i % 3 == 0 ? "cat.png" : i % 3 == 1 ? "dog.jpg" : "coffee.png")];
        var images = await Task.WhenAll(names.Select(n => SampleModel.Load(n).AsTask()));
        var embeddings = await _generator.GenerateAsync(images);

        Assert.Equal(sample.Clip.EncodeImages([.. names.Select(SampleModel.Photograph)]), embeddings.Select(e => e.Vector.ToArray()));
        Assert.All(embeddings, e => Assert.Equal(SampleModel.Id, e.ModelId));
        Assert.Null(embeddings.Usage);
    }

    [Fact]
    public async Task Generate_FromADataUri_IsTheSame()
    {
        byte[] bytes = await File.ReadAllBytesAsync(SampleModel.Photograph("dog.jpg"));
        float[] expected = sample.Clip.EncodeImage(bytes);
        DataContent[] forms =
        [
            new(bytes, "image/jpeg"),
            new($"data:image/jpeg;base64,{Convert.ToBase64String(bytes)}"),
            // Of a type that is not known, as from a file without an extension; and of a wrong one: bytes say what they are.
            new(bytes, "application/octet-stream"),
            new(bytes, "IMAGE/png"),
        ];

        foreach (var form in forms)
        {
            Assert.Equal(expected, (await _generator.GenerateVectorAsync(form)).ToArray());
        }
    }

    [Fact]
    public async Task Generate_AWrongMediaType_NamesPlaceTypeAndName()
    {
        var good = await SampleModel.Load("dog.jpg");
        var bad = new DataContent("%PDF-1.7"u8.ToArray(), "application/pdf") { Name = "invoice.pdf" };

        var error = await Assert.ThrowsAsync<ArgumentException>("values", () => _generator.GenerateAsync([good, bad]));

        Assert.StartsWith("values[1] ('invoice.pdf') is of the media type 'application/pdf'; an image is expected", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_AnImageThatCannotBeRead_NamesPlaceAndName()
    {
        var good = await SampleModel.Load("dog.jpg");
        byte[] cut = (await File.ReadAllBytesAsync(SampleModel.Photograph("dog.jpg")))[..2000];

        var named = await Assert.ThrowsAsync<ClipImageException>(() => _generator.GenerateAsync([good, good, new DataContent(cut, "image/jpeg") { Name = "cut.jpg" }]));
        var nameless = await Assert.ThrowsAsync<ClipImageException>(() => _generator.GenerateAsync([new DataContent(ReadOnlyMemory<byte>.Empty, "image/png")]));

        Assert.StartsWith("values[2] ('cut.jpg'): ", named.Message, StringComparison.Ordinal);
        Assert.StartsWith("values[0]: ", nameless.Message, StringComparison.Ordinal);
        // Once only.
        Assert.DoesNotContain("images[", named.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_ANull_NamesItsPlace()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>("values", () => _generator.GenerateAsync([null!]));

        Assert.StartsWith("values[0] is null.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_ThatTheModelDoesNotMeet_AreRefused()
    {
        var image = await SampleModel.Load("dog.jpg");

        await Assert.ThrowsAsync<NotSupportedException>(() => _generator.GenerateAsync(image, new() { Dimensions = 512 }));
        await Assert.ThrowsAsync<NotSupportedException>(() => _generator.GenerateAsync(image, new() { ModelId = "other" }));
    }

    [Fact]
    public async Task Cancellation_EndsALongList()
    {
        var image = await SampleModel.Load("dog.jpg");
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _generator.GenerateAsync(Enumerable.Repeat(image, 100_000), cancellationToken: soon.Token));
    }
}
