using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.VectorData;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Collections of Microsoft.Extensions.VectorData, searched by words and by a picture.</summary>
public sealed class VectorDataTests(SampleModel sample) : IClassFixture<SampleModel>
{
    private const int Dimensions = 128;

    private static readonly string[] Names = ["bison.jpg", "cat.png", "coffee.png", "dog.jpg", "koala.jpg", "red-panda.jpg"];

    private readonly IEmbeddingGenerator<object, Embedding<float>> _joint = sample.Clip.AsEmbeddingGenerator(SampleModel.Id);

    // Pictures go in; the property is described as one of pictures, since a generator of texts is tried first otherwise.
    private static VectorStoreCollectionDefinition OfPictures => new()
    {
        Properties =
        [
            new VectorStoreKeyProperty(nameof(Photograph.Name), typeof(string)),
            new VectorStoreVectorProperty<DataContent>(nameof(Photograph.Picture), Dimensions),
        ],
    };

    [Fact]
    public async Task Pictures_WrittenByTheGenerator_AreFoundByWordsAndByAPicture()
    {
        var counting = new CountingGenerator<object>(_joint);
        using var collection = new BruteForceCollection<string, Photograph>(OfPictures, counting);
        await collection.UpsertAsync(await Photographs());
        Assert.Equal((1, Names.Length), (counting.Calls, counting.Values));

        await FindsBothWays(collection, record => record.Name);
        // And what was written are the model's own embeddings.
        var hit = await collection.SearchAsync(await SampleModel.Load("koala.jpg"), 1).SingleAsync();
        Assert.Equal(1, hit.Score!.Value, 1e-5);
    }

    [Fact]
    public async Task Pictures_BehindACache_AreFoundByWordsAndByAPicture()
    {
        var counting = new CountingGenerator<object>(_joint);
        var memory = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        using var cached = counting.AsBuilder().UseDistributedCache(memory).UseOpenTelemetry().Build();
        using var collection = new BruteForceCollection<string, Photograph>(OfPictures, cached);
        await collection.UpsertAsync(await Photographs());
        await collection.UpsertAsync(await Photographs());
        Assert.Equal(Names.Length, counting.Values);

        await FindsBothWays(collection, record => record.Name);
    }

    [Fact]
    public async Task Vectors_WrittenByTheApplication_AreFoundByWordsAndByAPicture()
    {
        using var collection = new BruteForceCollection<string, Embedded>(generator: _joint);
        float[][] vectors = sample.Clip.EncodeImages([.. Names.Select(SampleModel.Photograph)]);
        await collection.UpsertAsync(Names.Select((name, i) => new Embedded { Name = name, Vector = vectors[i] }));

        await FindsBothWays(collection, record => record.Name);
    }

    [Fact]
    public async Task EitherKind_InOneProperty_IsFoundByEitherKind()
    {
        var definition = new VectorStoreCollectionDefinition
        {
            Properties = [new VectorStoreKeyProperty("Name", typeof(string)), new VectorStoreVectorProperty<object>("Content", Dimensions)],
            EmbeddingGenerator = _joint,
        };
        using var collection = new BruteForceCollection<string, Anything>(definition);
        await collection.UpsertAsync((await Photographs()).Select(p => new Anything { Name = p.Name, Content = p.Picture! })
            .Append(new Anything { Name = "note", Content = "a photo of a school bus." }));

        await FindsBothWays(collection, record => record.Name);
        Assert.Equal("note", (await collection.SearchAsync("a photo of a school bus.", 1).SingleAsync()).Record.Name);
    }

    [Fact]
    public async Task Texts_OnAPlainProperty_AreFoundByWordsAndByAPicture()
    {
        using var collection = new BruteForceCollection<string, Caption>(generator: _joint);
        await collection.UpsertAsync(((string[])["a photo of a dog.", "a photo of a koala.", "a photo of an espresso."]).Select(t => new Caption { Text = t, Vector = t }));

        Assert.Equal("a photo of a koala.", (await collection.SearchAsync(await SampleModel.Load("koala.jpg"), 1).SingleAsync()).Record.Text);
        Assert.Equal("a photo of a dog.", (await collection.SearchAsync("a dog", 1).SingleAsync()).Record.Text);
    }

    [Fact]
    public async Task Dictionaries_AreFoundByWordsAndByAPicture()
    {
        using var collection = new BruteForceCollection<object, Dictionary<string, object?>>(OfPictures, _joint);
        await collection.UpsertAsync((await Photographs()).Select(p => new Dictionary<string, object?> { ["Name"] = p.Name, ["Picture"] = p.Picture }));

        await FindsBothWays(collection, record => (string)record["Name"]!);
    }

    /// <summary>What the documents warn of: where a record's pictures are written, VectorData takes any generator of texts for one of texts alone.</summary>
    [Fact]
    public async Task Pictures_OnAPropertyThatIsNotDescribed_AreNotWritten()
    {
        using var collection = new BruteForceCollection<string, Photograph>(generator: _joint);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await collection.UpsertAsync(await Photographs()));
        // A generator of pictures alone has no such trouble, and no words.
        using var pictures = new BruteForceCollection<string, Photograph>(generator: sample.Clip.AsImageEmbeddingGenerator());
        await pictures.UpsertAsync(await Photographs());
        Assert.Equal("dog.jpg", (await pictures.SearchAsync(await SampleModel.Load("dog.jpg"), 1).SingleAsync()).Record.Name);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pictures.SearchAsync("a dog", 1).SingleAsync());
    }

    private static async Task FindsBothWays<TKey, TRecord>(BruteForceCollection<TKey, TRecord> collection, Func<TRecord, string> name)
        where TKey : notnull
        where TRecord : class
    {
        foreach (var (words, file) in ((string, string)[])[("a photo of a bison.", "bison.jpg"), ("a photo of an espresso.", "coffee.png"), ("a photo of a koala.", "koala.jpg")])
        {
            var hits = await collection.SearchAsync(words, 2).ToListAsync();
            Assert.Equal(file, name(hits[0].Record));
            Assert.True(hits[0].Score > hits[1].Score);
        }
        foreach (string file in Names)
        {
            Assert.Equal(file, name((await collection.SearchAsync(await SampleModel.Load(file), 1).SingleAsync()).Record));
        }
    }

    private static async Task<Photograph[]> Photographs() =>
        await Task.WhenAll(Names.Select(async name => new Photograph { Name = name, Picture = await SampleModel.Load(name) }));

    internal sealed class Photograph
    {
        [VectorStoreKey]
        public string Name { get; set; } = "";

        [VectorStoreVector(Dimensions, DistanceFunction = DistanceFunction.CosineSimilarity)]
        public DataContent? Picture { get; set; }
    }

    internal sealed class Embedded
    {
        [VectorStoreKey]
        public string Name { get; set; } = "";

        [VectorStoreVector(Dimensions)]
        public ReadOnlyMemory<float> Vector { get; set; }
    }

    internal sealed class Anything
    {
        public string Name { get; set; } = "";

        public object Content { get; set; } = "";
    }

    internal sealed class Caption
    {
        [VectorStoreKey]
        public string Text { get; set; } = "";

        [VectorStoreVector(Dimensions)]
        public string Vector { get; set; } = "";
    }
}
