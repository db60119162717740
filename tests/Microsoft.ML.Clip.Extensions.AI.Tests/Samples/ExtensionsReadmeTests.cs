using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.VectorData;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The code of the package's README, compiled and run. <c>At("...")</c> stands for the plain path in it.</summary>
public sealed partial class ExtensionsReadmeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Readme_Code_IsThis()
    {
        string[] code = [.. CodeBlock().Matches(File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "src", "Microsoft.ML.Clip.Extensions.AI", "README.md")))
            .Select(m => Words(UsingDirective().Replace(m.Groups[1].Value, "")))];
        string source = File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Extensions.AI.Tests", "Samples", "ExtensionsReadmeTests.cs"));
        string[] compiled = [.. Piece().Matches(source).Select(m => Words(At().Replace(m.Groups[1].Value, "$1")))];

        Assert.NotEmpty(code);
        Assert.Equal(code, compiled);
    }

    [Fact]
    public async Task Readme_Code_Runs()
    {
        OneTowerTests.Without(_directory, "models/clip-vit-base-patch32", "README.md");
        File.Copy(SampleModel.Photograph("koala.jpg"), At("bicycle.jpg"));

        // README
        using var clip = ClipModel.Load(At("models/clip-vit-base-patch32"));                // or FromHub("Xenova/clip-vit-base-patch32")
        var texts = clip.AsTextEmbeddingGenerator("clip-vit-base-patch32");
        var images = clip.AsImageEmbeddingGenerator("clip-vit-base-patch32");

        var words = await texts.GenerateVectorAsync("a red bicycle");
        var picture = await images.GenerateVectorAsync(await DataContent.LoadFromAsync(At("bicycle.jpg")));
        float cosine = TensorPrimitives.Dot(words.Span, picture.Span);                  // both are of unit length, in one space
        // end

        Assert.InRange(cosine, -1f, 1f);
        Assert.Equal(1, TensorPrimitives.Norm(words.Span), 1e-5f);

        var store = new Store();
        Photograph[] records =
        [
            new() { Name = "koala", Picture = await SampleModel.Load("koala.jpg") },
            new() { Name = "dog", Picture = await SampleModel.Load("dog.jpg") },
        ];

        // README
        var generator = clip.AsEmbeddingGenerator();                                    // of texts and of images
        var definition = new VectorStoreCollectionDefinition
        {
            EmbeddingGenerator = generator,
            Properties = [new VectorStoreKeyProperty("Name", typeof(string)), new VectorStoreVectorProperty<DataContent>("Picture", clip.EmbeddingDimension)],
        };
        var photographs = store.GetCollection<string, Photograph>("photographs", definition);
        await photographs.EnsureCollectionExistsAsync();
        await photographs.UpsertAsync(records);
        var byWords = photographs.SearchAsync("a red bicycle", top: 10);
        var byPicture = photographs.SearchAsync(await DataContent.LoadFromAsync(At("bicycle.jpg")), top: 10);
        // end

        Assert.Equal(2, await byWords.CountAsync());
        Assert.Equal("koala", (await byPicture.FirstAsync()).Record.Name);
    }

    [Fact]
    public void Readme_Registrations_Resolve()
    {
        var builder = Host.CreateApplicationBuilder();

        // README
        builder.Services.AddClip(options => options.HubId = "Xenova/clip-vit-base-patch32");
        builder.Services.AddHealthChecks().AddClip();
        // end

        // README
        builder.Services.AddEmbeddingGenerator(services => services.GetRequiredService<ClipModel>().AsTextEmbeddingGenerator("clip")).UseDistributedCache();
        // end

        // The same with a model that is here.
        builder.Services.AddDistributedMemoryCache()
            .PostConfigure<ClipServiceOptions>(options => (options.HubId, options.Directory) = (null, SampleModel.Directory));
        using var provider = builder.Services.BuildServiceProvider();
        var texts = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        Assert.NotNull(texts.GetService<DistributedCachingEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Equal(SampleModel.Directory, provider.GetRequiredService<IOptions<ClipServiceOptions>>().Value.Directory);
        Assert.NotNull(provider.GetRequiredService<IDistributedCache>());
    }

    private string At(string path) => _directory.Combine(path);

    private static string Words(string code) => WhiteSpace().Replace(code, " ").Trim();

    [GeneratedRegex(@"```csharp\r?\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"^\s*// README\r?\n(.*?)^\s*// end\b", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Piece();

    [GeneratedRegex("""At\(("[^"]*")\)""")]
    private static partial Regex At();

    [GeneratedRegex(@"^using [\w.]+;\r?\n", RegexOptions.Multiline)]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();

    internal sealed class Photograph
    {
        public string Name { get; set; } = "";

        public DataContent? Picture { get; set; }
    }

    /// <summary>What a connector's store is for this.</summary>
    private sealed class Store
    {
        private readonly HashSet<string> _names = [];

        public BruteForceCollection<TKey, TRecord> GetCollection<TKey, TRecord>(string name, VectorStoreCollectionDefinition definition)
            where TKey : notnull
            where TRecord : class => _names.Add(name) ? new(definition) : throw new ArgumentException($"There is a collection '{name}' already.", nameof(name));
    }
}
