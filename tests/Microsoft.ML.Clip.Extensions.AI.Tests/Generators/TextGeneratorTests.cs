using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip.Tests;

public sealed class TextGeneratorTests(SampleModel sample) : IClassFixture<SampleModel>
{
    private readonly IEmbeddingGenerator<string, Embedding<float>> _generator = sample.Clip.AsTextEmbeddingGenerator(SampleModel.Id);

    [Fact]
    public void As_WithBadArguments_Throws()
    {
        Assert.Throws<ArgumentNullException>("clip", () => ((ClipModel)null!).AsTextEmbeddingGenerator());
        Assert.Throws<ArgumentException>("modelId", () => sample.Clip.AsTextEmbeddingGenerator(" "));
    }

    [Fact]
    public void Metadata_IsTheModels()
    {
        var metadata = _generator.GetService<EmbeddingGeneratorMetadata>();

        Assert.NotNull(metadata);
        Assert.Equal("microsoft.ml.clip", metadata.ProviderName);
        Assert.Null(metadata.ProviderUri);
        Assert.Equal(SampleModel.Id, metadata.DefaultModelId);
        Assert.Equal(sample.Clip.EmbeddingDimension, metadata.DefaultModelDimensions);
    }

    [Fact]
    public void GetService_GivesItselfTheModelAndNothingForAKey()
    {
        Assert.Same(_generator, _generator.GetService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Same(_generator, _generator.GetService<IEmbeddingGenerator>());
        Assert.Same(sample.Clip, _generator.GetService<ClipModel>());
        Assert.Null(_generator.GetService<ClipModel>("key"));
        Assert.Null(_generator.GetService<EmbeddingGeneratorMetadata>("key"));
        Assert.Null(_generator.GetService<IEmbeddingGenerator<DataContent, Embedding<float>>>());
        Assert.Null(_generator.GetService<string>());
        Assert.Throws<ArgumentNullException>("serviceType", () => _generator.GetService(null!));
    }

    [Fact]
    public async Task Generate_OneValue_IsEncodeText()
    {
        var before = DateTimeOffset.UtcNow;
        var embedding = await _generator.GenerateAsync("a photo of a dog");

        Assert.Equal(sample.Clip.EncodeText("a photo of a dog"), embedding.Vector.ToArray());
        Assert.Equal(SampleModel.Id, embedding.ModelId);
        Assert.InRange(embedding.CreatedAt!.Value, before, DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task Generate_ManyValues_AreEncodeTextsInOrder()
    {
        string[] texts = [.. Enumerable.Range(0, 50).Select(i => string.Concat(Enumerable.Repeat("dog ", i % 7)) + i), "", "a cat", "a cat"];
        var embeddings = await _generator.GenerateAsync(texts);

        Assert.Equal(sample.Clip.EncodeTexts(texts), embeddings.Select(e => e.Vector.ToArray()));
        Assert.All(embeddings, e => Assert.Equal(SampleModel.Id, e.ModelId));
    }

    [Fact]
    public async Task Usage_CountsTheTokensThatTheEncoderSees()
    {
        string tooLong = string.Join(' ', Enumerable.Repeat("dog", 500));
        // Start, one word, end; start and end; and as many as there is room for. A text that comes twice was read twice.
        var embeddings = await _generator.GenerateAsync(["dog", "", tooLong, "dog"]);

        Assert.Equal(3 + 2 + sample.Clip.ContextLength + 3, embeddings.Usage?.InputTokenCount);
        Assert.Equal(embeddings.Usage?.InputTokenCount, embeddings.Usage?.TotalTokenCount);
        Assert.Null(embeddings.Usage?.OutputTokenCount);
    }

    [Fact]
    public async Task Generate_WithoutValues_GivesNone()
    {
        Assert.Empty(await _generator.GenerateAsync([]));
        await Assert.ThrowsAsync<ArgumentNullException>("values", () => _generator.GenerateAsync((IEnumerable<string>)null!));
    }

    [Fact]
    public async Task Generate_ANull_NamesItsPlace()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>("values", () => _generator.GenerateAsync(["a", null!, "b"]));

        Assert.StartsWith("values[1] is null.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_ThatTheModelMeets_ChangeNothing()
    {
        float[] expected = sample.Clip.EncodeText("a cat");
        var options = new EmbeddingGenerationOptions { Dimensions = sample.Clip.EmbeddingDimension, ModelId = SampleModel.Id };

        Assert.Equal(expected, (await _generator.GenerateVectorAsync("a cat", options)).ToArray());
        var others = new EmbeddingGenerationOptions { AdditionalProperties = new() { ["user"] = "me" } };
        Assert.Equal(expected, (await _generator.GenerateVectorAsync("a cat", others)).ToArray());
    }

    [Fact]
    public async Task Options_WithForeignDimensions_AreRefused()
    {
        var error = await Assert.ThrowsAsync<NotSupportedException>(() => _generator.GenerateAsync(["a"], new() { Dimensions = 64 }));

        Assert.Contains("64", error.Message, StringComparison.Ordinal);
        Assert.Contains("128", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_WithForeignModel_AreRefused()
    {
        var error = await Assert.ThrowsAsync<NotSupportedException>(() => _generator.GenerateAsync(["a"], new() { ModelId = "text-embedding-3-small" }));
        Assert.Contains("'text-embedding-3-small'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'tiny-clip'", error.Message, StringComparison.Ordinal);

        using var nameless = sample.Clip.AsTextEmbeddingGenerator();
        await Assert.ThrowsAsync<NotSupportedException>(() => nameless.GenerateAsync(["a"], new() { ModelId = SampleModel.Id }));
        Assert.Null((await nameless.GenerateAsync("a")).ModelId);
    }

    [Fact]
    public async Task Generate_ReadsOnTheCallersThreadAndWorksOnAnother()
    {
        int reader = 0, caller = Environment.CurrentManagedThreadId;
        var task = _generator.GenerateAsync(Values());

        // It takes a second or so; the caller has its thread back at once.
        Assert.False(task.IsCompleted);
        Assert.Equal(caller, reader);
        Assert.Equal(2000, (await task).Count);

        IEnumerable<string> Values()
        {
            reader = Environment.CurrentManagedThreadId;
            for (int i = 0; i < 2000; i++)
            {
                yield return $"a photo of {i} dogs";
            }
        }
    }

    [Fact]
    public async Task Generate_ChangesOfTheListAfterTheCall_DoNotMatter()
    {
        string[] texts = ["a dog", "a cat"];
        var task = _generator.GenerateAsync(texts);
        texts[0] = "an espresso";

        Assert.Equal(sample.Clip.EncodeText("a dog"), (await task)[0].Vector.ToArray(), (a, b) => MathF.Abs(a - b) < 1e-5f);
    }

    [Fact]
    public async Task Cancellation_EndsALongListBetweenBatches()
    {
        using var already = new CancellationTokenSource();
        await already.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _generator.GenerateAsync(["a"], cancellationToken: already.Token));

        // All of them would take half a minute and more.
        string[] texts = [.. Enumerable.Range(0, 200_000).Select(i => $"a photo of {i} dogs and {i + 1} cats on a beach")];
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _generator.GenerateAsync(texts, cancellationToken: soon.Token));
    }

    [Fact]
    public async Task Generate_ByManyAtOnce_GivesEachItsOwn()
    {
        string[] texts = [.. Enumerable.Range(0, 32).Select(i => $"{i} dogs")];
        float[][] expected = [.. texts.Select(t => sample.Clip.EncodeText(t))];

        var all = await Task.WhenAll(texts.Select(t => _generator.GenerateVectorAsync(t)));

        Assert.Equal(expected, all.Select(v => v.ToArray()));
    }

    [Fact]
    public async Task Dispose_LeavesTheModel()
    {
        sample.Clip.AsTextEmbeddingGenerator().Dispose();
        Assert.Equal(128, (await _generator.GenerateVectorAsync("a")).Length);

        using var disposed = ClipModel.Load(SampleModel.Directory);
        var generator = disposed.AsTextEmbeddingGenerator();
        disposed.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => generator.GenerateAsync(["a"]));
    }
}
