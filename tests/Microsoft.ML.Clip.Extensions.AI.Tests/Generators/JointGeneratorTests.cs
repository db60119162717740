using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip.Tests;

public sealed class JointGeneratorTests(SampleModel sample) : IClassFixture<SampleModel>
{
    private readonly IEmbeddingGenerator<object, Embedding<float>> _generator = sample.Clip.AsEmbeddingGenerator(SampleModel.Id);

    [Fact]
    public async Task Generate_TextsAndImagesMixed_GoThroughTheirEncoders()
    {
        var dog = await SampleModel.Load("dog.jpg");
        var cat = await SampleModel.Load("cat.png");

        var embeddings = await _generator.GenerateAsync([dog, "a dog", cat, "a cat"]);

        Assert.Equal(sample.Clip.EncodeImages([SampleModel.Photograph("dog.jpg"), SampleModel.Photograph("cat.png")]), Vectors(0, 2));
        Assert.Equal(sample.Clip.EncodeTexts(["a dog", "a cat"]), Vectors(1, 3));
        Assert.Equal(4 + 4, embeddings.Usage?.InputTokenCount);

        IEnumerable<float[]> Vectors(params int[] places) => places.Select(i => embeddings[i].Vector.ToArray());
    }

    [Fact]
    public async Task Generate_OfOneKind_HasTokensOnlyOfTexts()
    {
        Assert.Null((await _generator.GenerateAsync([await SampleModel.Load("dog.jpg")])).Usage);
        Assert.Equal(3, (await _generator.GenerateAsync(["dog"])).Usage?.InputTokenCount);
        Assert.Empty(await _generator.GenerateAsync([]));
    }

    [Fact]
    public async Task Generate_AnotherKind_NamesPlaceAndType()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>("values", () => _generator.GenerateAsync(["a", new Uri("https://example.org/dog.jpg")]));

        Assert.StartsWith("values[1] is a System.Uri; a text (String) or an image (DataContent) is expected.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_ABadImageAmongTexts_NamesItsPlaceInTheWholeList()
    {
        object[] values = ["a", "b", await SampleModel.Load("dog.jpg"), "c", new DataContent("no image"u8.ToArray(), "image/png") { Name = "x.png" }];

        var error = await Assert.ThrowsAsync<ClipImageException>(() => _generator.GenerateAsync(values));

        Assert.StartsWith("values[4] ('x.png'): ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_ThroughEitherFace_IsTheSame()
    {
        var asTexts = Assert.IsType<IEmbeddingGenerator<string, Embedding<float>>>(_generator, exactMatch: false);
        var asImages = Assert.IsType<IEmbeddingGenerator<DataContent, Embedding<float>>>(_generator, exactMatch: false);
        var dog = await SampleModel.Load("dog.jpg");

        Assert.Equal(sample.Clip.EncodeText("a dog"), (await asTexts.GenerateVectorAsync("a dog")).ToArray());
        Assert.Equal(sample.Clip.EncodeImage(SampleModel.Photograph("dog.jpg")), (await asImages.GenerateVectorAsync(dog)).ToArray());
        // And with one value, which C# takes for an object.
        Assert.Equal(sample.Clip.EncodeText("a dog"), (await _generator.GenerateVectorAsync("a dog")).ToArray());
    }

    [Fact]
    public void GetService_GivesEitherFace()
    {
        Assert.Same(_generator, _generator.GetService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Same(_generator, _generator.GetService<IEmbeddingGenerator<DataContent, Embedding<float>>>());
        Assert.Same(sample.Clip, _generator.GetService<ClipModel>());
        Assert.Equal(sample.Clip.EmbeddingDimension, _generator.GetService<EmbeddingGeneratorMetadata>()?.DefaultModelDimensions);
    }
}
