using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;

namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/server.md: one model behind a pool of prediction engines, generators of embeddings and a health check.</summary>
public sealed class ServerRecipe : IAsyncLifetime
{
    private const int AtOnce = 64;

    private static readonly (string File, string Class)[] Photographs = [("dog.jpg", "dog"), ("koala.jpg", "koala"), ("coffee.png", "espresso")];

    private readonly HttpClient _client = new();
    private WebApplication? _app;

    public async ValueTask InitializeAsync()
    {
        _app = Build([]);
        await _app.StartAsync();
        _client.BaseAddress = new Uri(_app.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app!.DisposeAsync();
    }

    [Fact]
    public async Task Classify_64UploadsAtOnceAndAgain_AreAllRight()
    {
        byte[][] bytes = [.. Photographs.Select(p => File.ReadAllBytes(RecipeFolder.Photograph(p.File)))];
        for (int round = 0; round < 2; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(i => PostAsync(bytes[i % bytes.Length])));

            for (int i = 0; i < AtOnce; i++)
            {
                using var answer = answers[i];
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
                Assert.Equal(Photographs[i % Photographs.Length].Class, body.GetProperty("class").GetString());
                Assert.InRange(body.GetProperty("score").GetSingle(), 0.5f, 1f);
            }
        }
        // One model for all of them, which nobody has disposed.
        Assert.Equal(128, _app!.Services.GetRequiredService<ClipModel>().EncodeText("a dog").Length);
    }

    [Fact]
    public async Task Classify_NoImage_IsTheSendersFault()
    {
        using var answer = await PostAsync("no picture"u8.ToArray());

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
    }

    [Fact]
    public async Task Embedding_64AtOnce_AreTheModels()
    {
        var clip = _app!.Services.GetRequiredService<ClipModel>();
        string[] texts = [.. Enumerable.Range(0, AtOnce).Select(i => $"a photo of {i % 10} dogs")];

        float[]?[] answers = await Task.WhenAll(texts.Select(t => _client.GetFromJsonAsync<float[]>(new Uri($"/embedding?text={Uri.EscapeDataString(t)}", UriKind.Relative))));

        Assert.Equal(texts.Select(t => clip.EncodeText(t)), answers);
    }

    [Fact]
    public async Task Health_OfAModelThatAnswers_Is200()
    {
        Assert.Equal("Healthy", await _client.GetStringAsync(new Uri("/health", UriKind.Relative)));

        _app!.Services.GetRequiredService<ClipModel>().Dispose();
        using var answer = await _client.GetAsync(new Uri("/health", UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    private Task<HttpResponseMessage> PostAsync(byte[] body) => _client.PostAsync(new Uri("/classify", UriKind.Relative), new ByteArrayContent(body));

    private static WebApplication Build(string[] args)
    {
        string modelDirectory = RecipeFolder.TinyClip;

        // docs/recipes/server.md
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddClip(options =>
        {
            options.Directory = modelDirectory;                                        // or HubId
            options.Model = new() { Preprocessing = new() { MaximumPixels = 50_000_000 } };
        });
        builder.Services.AddHealthChecks().AddClip();
        // end
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();

        // docs/recipes/server.md
        builder.Services.AddSingleton<ITransformer>(services =>
        {
            var ml = new MLContext();
            var steps = ml.Transforms.ClipZeroShotClassification("Image", services.GetRequiredService<ClipModel>(), ["dog", "koala", "espresso"], ["a photo of a {}."])
                .Append(ml.Transforms.Conversion.MapKeyToValue("Class", "PredictedLabel"));
            return steps.Fit(ml.Data.LoadFromEnumerable(Array.Empty<Upload>()));
        });
        builder.Services.AddSingleton(services => new DefaultObjectPoolProvider().Create(new Engines(services.GetRequiredService<ITransformer>())));
        // end

        // docs/recipes/server.md
        var app = builder.Build();
        app.MapHealthChecks("/health");
        app.MapPost("/classify", async (HttpRequest request, ObjectPool<PredictionEngine<Upload, Prediction>> engines, CancellationToken stop) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, stop);
            var engine = engines.Get();
            try
            {
                var prediction = engine.Predict(new Upload { Image = body.ToArray() });
                return Results.Json(new { prediction.Class, Score = prediction.Score.Max() });
            }
            catch (Exception e) when (e.GetBaseException() is ClipImageException)
            {
                return Results.Problem("This is no image that can be read: JPEG, PNG, GIF, WebP, BMP or ICO.", statusCode: StatusCodes.Status422UnprocessableEntity);
            }
            finally
            {
                engines.Return(engine);
            }
        });
        app.MapGet("/embedding", async (string text, IEmbeddingGenerator<string, Embedding<float>> texts, CancellationToken stop) =>
            (await texts.GenerateVectorAsync(text, cancellationToken: stop)).ToArray());
        // end
        return app;
    }

    // docs/recipes/server.md
    internal sealed class Engines(ITransformer model) : PooledObjectPolicy<PredictionEngine<Upload, Prediction>>
    {
        private readonly MLContext _ml = new();

        // The pool disposes engines that it has no room for. One that owns its steps disposes them, too, and of a pipeline from a file with them the model.
        public override PredictionEngine<Upload, Prediction> Create() =>
            _ml.Model.CreatePredictionEngine<Upload, Prediction>(model, new PredictionEngineOptions { OwnsTransformer = false });

        public override bool Return(PredictionEngine<Upload, Prediction> obj) => true;
    }

    internal sealed class Upload
    {
        public byte[] Image { get; set; } = [];
    }

    internal sealed class Prediction
    {
        public string Class { get; set; } = "";
        public float[] Score { get; set; } = [];
    }
    // end
}
