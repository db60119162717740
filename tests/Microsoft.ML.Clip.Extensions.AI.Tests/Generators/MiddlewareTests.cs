using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Behind Microsoft.Extensions.AI's cache, telemetry and logging, after the integration tests that dotnet/extensions has for generators.</summary>
public sealed class MiddlewareTests(SampleModel sample) : IClassFixture<SampleModel>
{
    [Fact]
    public void GetService_ThroughAPipeline_GivesEveryLayer()
    {
        using var pipeline = sample.Clip.AsTextEmbeddingGenerator(SampleModel.Id).AsBuilder().UseOpenTelemetry().UseDistributedCache(Cache()).Build();

        Assert.NotNull(pipeline.GetService<DistributedCachingEmbeddingGenerator<string, Embedding<float>>>());
        Assert.NotNull(pipeline.GetService<OpenTelemetryEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Same(sample.Clip, pipeline.GetService<ClipModel>());
        Assert.Equal(SampleModel.Id, pipeline.GetService<EmbeddingGeneratorMetadata>()?.DefaultModelId);
        Assert.IsType<OpenTelemetryEmbeddingGenerator<string, Embedding<float>>>(pipeline.GetService<IEmbeddingGenerator<string, Embedding<float>>>());
    }

    [Fact]
    public async Task Cache_OfTexts_AsksForNewOnesAlone()
    {
        var counting = new CountingGenerator<string>(sample.Clip.AsTextEmbeddingGenerator(SampleModel.Id));
        using var cached = counting.AsBuilder().UseDistributedCache(Cache()).Build();

        var first = await cached.GenerateAsync("a red bicycle");
        var again = await cached.GenerateAsync("a red bicycle");
        Assert.Equal((1, 1), (counting.Calls, counting.Values));
        Assert.Equal(first.Vector.ToArray(), again.Vector.ToArray());
        Assert.Equal(SampleModel.Id, again.ModelId);

        await cached.GenerateAsync(["a red bicycle", "a blue one", "a green one"]);
        Assert.Equal((2, 3), (counting.Calls, counting.Values));
        await cached.GenerateAsync(["a green one", "a red bicycle"]);
        Assert.Equal((2, 3), (counting.Calls, counting.Values));
    }

    [Fact]
    public async Task Cache_OfImages_GoesByTheirBytes()
    {
        var counting = new CountingGenerator<DataContent>(sample.Clip.AsImageEmbeddingGenerator(SampleModel.Id));
        using var cached = counting.AsBuilder().UseDistributedCache(Cache()).Build();

        float[] dog = (await cached.GenerateVectorAsync(await SampleModel.Load("dog.jpg"))).ToArray();
        Assert.Equal(dog, (await cached.GenerateVectorAsync(await SampleModel.Load("dog.jpg"))).ToArray());
        Assert.Equal(1, counting.Values);
        Assert.NotEqual(dog, (await cached.GenerateVectorAsync(await SampleModel.Load("cat.png"))).ToArray());
        Assert.Equal(2, counting.Values);
    }

    [Fact]
    public async Task Cache_OfBothKinds_KeepsBothFaces()
    {
        var counting = new CountingGenerator<object>(sample.Clip.AsEmbeddingGenerator(SampleModel.Id));
        using var cached = counting.AsBuilder().UseDistributedCache(Cache()).UseLogging(LoggerFactory.Create(_ => { })).Build();
        IEmbeddingGenerator<string, Embedding<float>> texts = cached;
        IEmbeddingGenerator<DataContent, Embedding<float>> images = cached;
        var dog = await SampleModel.Load("dog.jpg");

        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(sample.Clip.EncodeText("dog"), (await texts.GenerateVectorAsync("dog")).ToArray());
            Assert.Equal(sample.Clip.EncodeImage(SampleModel.Photograph("dog.jpg")), (await images.GenerateVectorAsync(dog)).ToArray());
            // A text that reads as the picture's key is none.
            Assert.Equal(sample.Clip.EncodeText(dog.Uri), (await texts.GenerateVectorAsync(dog.Uri)).ToArray());
        }
        Assert.Equal(3, counting.Values);
    }

    [Fact]
    public async Task OpenTelemetry_TellsModelLengthAndTokens()
    {
        string source = Guid.NewGuid().ToString();
        var activities = new List<Activity>();
        using var tracing = Sdk.CreateTracerProviderBuilder().AddSource(source).AddInMemoryExporter(activities).Build();
        using var generator = sample.Clip.AsTextEmbeddingGenerator(SampleModel.Id).AsBuilder().UseOpenTelemetry(sourceName: source).Build();

        await generator.GenerateAsync("dog");
        await Assert.ThrowsAsync<NotSupportedException>(() => generator.GenerateAsync("dog", new EmbeddingGenerationOptions { Dimensions = 7 }));

        Assert.Equal(2, activities.Count);
        var activity = activities[0];
        Assert.Equal("embeddings tiny-clip", activity.DisplayName);
        Assert.Equal("microsoft.ml.clip", activity.GetTagItem("gen_ai.provider.name"));
        Assert.Equal(SampleModel.Id, activity.GetTagItem("gen_ai.request.model"));
        Assert.Equal(SampleModel.Id, activity.GetTagItem("gen_ai.response.model"));
        Assert.Equal(128, activity.GetTagItem("gen_ai.embeddings.dimension.count"));
        Assert.Equal(3, activity.GetTagItem("gen_ai.usage.input_tokens"));
        Assert.Null(activity.GetTagItem("server.address"));
        Assert.True(activity.Duration > TimeSpan.Zero);
        Assert.Equal("System.NotSupportedException", activities[1].GetTagItem("error.type"));
    }

    [Fact]
    public async Task Logging_TellsCallsAndFailures()
    {
        using var lines = new LogLines();
        using var factory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(lines));
        using var generator = sample.Clip.AsImageEmbeddingGenerator(SampleModel.Id).AsBuilder().UseLogging(factory).Build();

        await generator.GenerateAsync(await SampleModel.Load("dog.jpg"));
        await Assert.ThrowsAsync<ClipImageException>(() => generator.GenerateAsync(new DataContent("no"u8.ToArray(), "image/png")));

        Assert.Contains(lines.Lines, line => line.StartsWith("Debug", StringComparison.Ordinal) && line.Contains("generated 1 embedding", StringComparison.Ordinal));
        Assert.Contains(lines.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Quantization_ToHalf_KeepsNeighbours()
    {
        string[] texts = [.. ((string[])["dog", "tabby cat", "school bus", "truck", "teapot", "espresso", "bison", "koala"]).Select(name => $"a photo of a {name}.")];
        using var halves = new HalfGenerator(sample.Clip.AsTextEmbeddingGenerator());
        float[][] exact = sample.Clip.EncodeTexts(texts);

        float[][] rounded = [.. (await halves.GenerateAsync(texts)).Select(e => e.Vector.ToArray().Select(v => (float)v).ToArray())];

        Assert.Equal(Nearest(exact), Nearest(rounded));
        Assert.All(rounded, row => Assert.Equal(1, Cosine(row, row), 1e-3));

        static int[] Nearest(float[][] rows) =>
            [.. rows.Select(row => Enumerable.Range(0, rows.Length).Where(i => rows[i] != row).MaxBy(i => Cosine(row, rows[i])))];
        static float Cosine(float[] a, float[] b) => a.Zip(b, (x, y) => x * y).Sum();
    }

    private static MemoryDistributedCache Cache() => new(Options.Create(new MemoryDistributedCacheOptions()));

    private sealed class HalfGenerator(IEmbeddingGenerator<string, Embedding<float>> inner) : IEmbeddingGenerator<string, Embedding<Half>>
    {
        public async Task<GeneratedEmbeddings<Embedding<Half>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null,
            CancellationToken cancellationToken = default) =>
            new((await inner.GenerateAsync(values, options, cancellationToken))
                .Select(e => new Embedding<Half>(e.Vector.ToArray().Select(v => (Half)v).ToArray())));

        public object? GetService(Type serviceType, object? serviceKey = null) => inner.GetService(serviceType, serviceKey);

        public void Dispose() => inner.Dispose();
    }
}
