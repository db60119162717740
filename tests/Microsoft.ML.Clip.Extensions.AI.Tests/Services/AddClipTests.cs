using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.ML.Clip.Tests;

public sealed class AddClipTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AddClip_RegistersOneModelAndItsGenerators()
    {
        using var provider = new ServiceCollection().AddClip(options => options.Directory = SampleModel.Directory).BuildServiceProvider(validateScopes: true);

        var clip = provider.GetRequiredService<ClipModel>();
        var texts = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        var images = provider.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
        var joint = provider.GetRequiredService<IEmbeddingGenerator<object, Embedding<float>>>();

        Assert.Same(clip, provider.GetRequiredService<ClipModel>());
        Assert.All<IEmbeddingGenerator>([texts, images, joint], g => Assert.Same(clip, g.GetService<ClipModel>()));
        Assert.Same(joint, provider.GetRequiredService<IEmbeddingGenerator>());
        // The name of the directory.
        Assert.Equal("tiny-clip", (await texts.GenerateAsync("a dog")).ModelId);
    }

    [Fact]
    public async Task AddKeyedClip_KeepsModelsApart()
    {
        var services = new ServiceCollection().AddClip(options => options.Directory = SampleModel.Directory)
            .AddKeyedClip("small", options => (options.Directory, options.ModelId) = (SampleModel.Directory, "small one"))
            .AddKeyedClip("other", options => (options.Directory, options.Model) = (SampleModel.Directory, new() { BatchSize = 2 }));
        using var provider = services.BuildServiceProvider();

        ClipModel[] models =
        [
            provider.GetRequiredService<ClipModel>(),
            provider.GetRequiredKeyedService<ClipModel>("small"),
            provider.GetRequiredKeyedService<ClipModel>("other"),
        ];
        Assert.Equal(3, models.Distinct().Count());
        var small = provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("small");
        Assert.Same(models[1], small.GetService<ClipModel>());
        Assert.Same(models[2], provider.GetRequiredKeyedService<IEmbeddingGenerator>("other").GetService<ClipModel>());
        Assert.Equal("small one", (await small.GenerateAsync("a dog")).ModelId);
        Assert.Null(provider.GetKeyedService<ClipModel>("unknown"));
    }

    [Fact]
    public void Dispose_OfTheContainer_DisposesItsModel()
    {
        var provider = new ServiceCollection().AddClip(options => options.Directory = SampleModel.Directory).BuildServiceProvider();
        var clip = provider.GetRequiredService<ClipModel>();
        _ = provider.GetRequiredService<IEmbeddingGenerator>();

        provider.Dispose();

        Assert.Throws<ObjectDisposedException>(() => clip.EncodeText("a dog"));
    }

    [Fact]
    public void AddClip_CalledAgain_AddsSettings()
    {
        var services = new ServiceCollection().AddClip(options => options.Directory = SampleModel.Directory).AddClip(options => options.ModelId = "mine");
        using var provider = services.BuildServiceProvider();

        Assert.Equal("mine", provider.GetRequiredService<IEmbeddingGenerator>().GetService<EmbeddingGeneratorMetadata>()?.DefaultModelId);
        Assert.Single(services, s => s.ServiceType == typeof(ClipModel));
        Assert.Single(services, s => s.ServiceType == typeof(IHostedService));
    }

    [Fact]
    public void Configuration_BindsToTheOptions()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Clip:Directory"] = SampleModel.Directory,
            ["Clip:ModelId"] = "from settings",
            ["Clip:WarmUp"] = "false",
            ["Clip:Model:BatchSize"] = "3",
            ["Clip:Model:Preprocessing:MaximumPixels"] = "1000",
            ["Clip:Hub:Offline"] = "true",
        }).Build();
        var services = new ServiceCollection().Configure<ClipServiceOptions>(configuration.GetSection("Clip")).AddClip();
        using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<ClipServiceOptions>>().Value;
        Assert.Equal(("from settings", false, 3, true), (options.ModelId, options.WarmUp, options.Model.BatchSize, options.Hub.Offline));
        // A photograph has more pixels than that.
        Assert.Throws<ClipImageException>(() => provider.GetRequiredService<ClipModel>().EncodeImage(SampleModel.Photograph("dog.jpg")));
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData(null, " ")]
    [InlineData("", null)]
    [InlineData(" ", null)]
    public void Configuration_WithAnEmptyName_IsWithoutIt(string? directory, string? hubId)
    {
        // How a variable of the environment takes back what a file of settings has: Clip__HubId= with nothing behind it.
        using var hub = new TestHub(SampleFiles());
        using var provider = new ServiceCollection().AddClip(options =>
        {
            (options.Directory, options.HubId) = (directory ?? SampleModel.Directory, hubId ?? TestHub.Id);
            options.Hub = new() { Endpoint = hub.Endpoint, CacheDirectory = _directory.Combine("hub"), Token = "" };
        }).BuildServiceProvider();

        string? id = provider.GetRequiredService<IEmbeddingGenerator>().GetService<EmbeddingGeneratorMetadata>()?.DefaultModelId;

        Assert.Equal(directory is null ? "tiny-clip" : TestHub.Id, id);
    }

    [Fact]
    public async Task Settings_ThatChangeLater_AreNotThoseOfTheModelThatIsThere()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Clip:Directory"] = SampleModel.Directory,
            ["Clip:ModelId"] = "first",
        }).Build();
        var services = new ServiceCollection().Configure<ClipServiceOptions>(configuration.GetSection("Clip")).AddClip().AddLogging();
        services.AddHealthChecks().AddClip();
        using var provider = services.BuildServiceProvider();
        _ = provider.GetRequiredService<ClipModel>();

        // A file of settings that is edited while the program runs.
        configuration["Clip:ModelId"] = "second";
        configuration.Reload();

        // Otherwise a database would have embeddings of one model under the name of another.
        Assert.Equal("first", provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GetService<EmbeddingGeneratorMetadata>()?.DefaultModelId);

        // And is wrong for a moment, which options say to whoever changes them.
        configuration["Clip:Directory"] = null;
        Assert.Throws<AggregateException>(configuration.Reload);
        var entry = (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["clip"];
        Assert.Equal((HealthStatus.Healthy, "first"), (entry.Status, entry.Data.GetValueOrDefault("model")));
    }

    [Theory]
    [InlineData(null, null, null, "neither is set")]
    [InlineData("a", "b/c", null, "both are set")]
    [InlineData("a", null, " ", "ModelId is empty")]
    public void Validation_SaysWhatIsWrong(string? directory, string? hubId, string? modelId, string expected)
    {
        using var provider = new ServiceCollection().AddClip(o => (o.Directory, o.HubId, o.ModelId) = (directory, hubId, modelId))
            .AddKeyedClip("second", o => o.Model = null!).BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<ClipModel>());
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        var second = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<ClipModel>("second"));
        Assert.Contains("ClipServiceOptions 'second': Model is null.", second.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_ThatAreNone_Throw()
    {
        Assert.Throws<ArgumentNullException>("services", () => ((IServiceCollection)null!).AddClip());
        Assert.Throws<ArgumentException>("serviceKey", () => new ServiceCollection().AddKeyedClip(""));
    }

    [Fact]
    public void Generator_RegisteredLater_IsTheOneThatIsResolved()
    {
        var services = new ServiceCollection().AddClip(options => options.Directory = SampleModel.Directory).AddDistributedMemoryCache();
        services.AddEmbeddingGenerator(provider => provider.GetRequiredService<ClipModel>().AsTextEmbeddingGenerator("tiny")).UseDistributedCache();
        using var provider = services.BuildServiceProvider();

        var texts = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();

        Assert.NotNull(texts.GetService<DistributedCachingEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Same(provider.GetRequiredService<ClipModel>(), texts.GetService<ClipModel>());
    }

    [Fact]
    public void AModelOfOneTower_IsWhatVectorStoresGet()
    {
        string texts = OneTowerTests.Without(_directory, "texts", "vision_model.onnx"), images = OneTowerTests.Without(_directory, "images", "text_model.onnx");
        using var provider = new ServiceCollection().AddKeyedClip("texts", o => o.Directory = texts).AddKeyedClip("images", o => o.Directory = images)
            .BuildServiceProvider();

        Assert.IsType<IEmbeddingGenerator<string, Embedding<float>>>(provider.GetRequiredKeyedService<IEmbeddingGenerator>("texts"), exactMatch: false);
        Assert.IsType<IEmbeddingGenerator<DataContent, Embedding<float>>>(provider.GetRequiredKeyedService<IEmbeddingGenerator>("images"), exactMatch: false);
        Assert.Throws<InvalidOperationException>(() => provider.GetRequiredKeyedService<IEmbeddingGenerator<object, Embedding<float>>>("texts"));
    }

    [Fact]
    public void AModelOfAHub_IsDownloadedOnceAndCalledByItsId()
    {
        using var hub = new TestHub(SampleFiles());
        var services = new ServiceCollection().AddClip(options => (options.HubId, options.Hub) =
            (TestHub.Id, new() { Endpoint = hub.Endpoint, CacheDirectory = _directory.Combine("hub"), Token = "" }));
        using var provider = services.BuildServiceProvider();

        var generator = provider.GetRequiredService<IEmbeddingGenerator>();
        int requests = hub.RequestCount;

        Assert.Equal(TestHub.Id, generator.GetService<EmbeddingGeneratorMetadata>()?.DefaultModelId);
        Assert.Same(generator.GetService<ClipModel>(), provider.GetRequiredService<ClipModel>());
        Assert.Equal(requests, hub.RequestCount);
    }

    [Fact]
    public void Messages_GoToTheLoggersOfTheContainer()
    {
        using var lines = new LogLines();
        using var provider = new ServiceCollection().AddLogging(logging => logging.AddProvider(lines))
            .AddClip(options => (options.Directory, options.ModelId) = (SampleModel.Directory, "mine")).BuildServiceProvider();

        provider.GetRequiredService<ClipModel>().EncodeText("a dog");

        Assert.Contains(lines.Lines, line => line.StartsWith("Information Microsoft.ML.Clip: mine: ", StringComparison.Ordinal)
            && line.Contains("CPUExecutionProvider", StringComparison.Ordinal));
    }

    private static Dictionary<string, byte[]> SampleFiles() => Directory.GetFiles(SampleModel.Directory, "*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(SampleModel.Directory, f).Replace('\\', '/'), File.ReadAllBytes);
}
