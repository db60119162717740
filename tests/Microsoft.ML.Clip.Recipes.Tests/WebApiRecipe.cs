using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/web-api.md: uploads from strangers, classified by a saved model; a folder of images to begin with.</summary>
public sealed class WebApiRecipe : IAsyncLifetime
{
    private readonly RecipeFolder _folder = new();
    private readonly HttpClient _client = new();
    private readonly TaskCompletionSource<WebApplication> _built = new();
    private Task _server = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _folder.DrawClasses("uniforms", 12, "red team", "blue team");
        Train();
        _server = Task.Factory.StartNew(() => Serve([]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(_built.Task, _server);
        if (_server.IsFaulted)
        {
            await _server;
        }
        var application = await _built.Task;
        var started = new TaskCompletionSource();
        application.Lifetime.ApplicationStarted.Register(started.SetResult);
        await Task.WhenAny(started.Task, _server);
        _client.BaseAddress = new Uri(application.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        (await _built.Task).Lifetime.StopApplication();
        await _server;
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Classify_32UploadsAtOnce_AreAllRight()
    {
        var uploads = Enumerable.Range(0, 32).Select(i => i % 2 == 0 ? "red team" : "blue team")
            .Select((team, i) => (Team: team, Answer: Post(File.ReadAllBytes(_folder.At($"uniforms/{team}/{i % 12:000}.png"))))).ToArray();

        foreach (var (team, pending) in uploads)
        {
            using var answer = await pending;
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(team, body.GetProperty("class").GetString());
            Assert.InRange(body.GetProperty("scores").GetProperty(team).GetSingle(), 0.5f, 1f);
        }
    }

    [Fact]
    public async Task Classify_BadUploads_AreTheSendersFault()
    {
        byte[] image = File.ReadAllBytes(_folder.At("uniforms/red team/000.png"));
        var expected = new (byte[] Body, HttpStatusCode Status)[]
        {
            ([], HttpStatusCode.BadRequest),
            ("no picture"u8.ToArray(), HttpStatusCode.UnprocessableEntity),
            (image[..^40], HttpStatusCode.UnprocessableEntity),
            (new byte[11_000_000], HttpStatusCode.RequestEntityTooLarge),
            // 30,000 x 30,000 pixels, by its header.
            (Header(image, 30_000), HttpStatusCode.UnprocessableEntity),
        };

        foreach (var (body, status) in expected)
        {
            using var answer = await Post(body);
            Assert.Equal(status, answer.StatusCode);
            string text = await answer.Content.ReadAsStringAsync();
            Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        }
        // And the server lives.
        using var good = await Post(image);
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
    }

    [Fact]
    public async Task Classify_MoreUploadsThanThereIsRoomFor_AreRefusedUnread()
    {
        byte[] image = File.ReadAllBytes(_folder.At("uniforms/red team/000.png"));
        var stalled = new List<TcpClient>();
        try
        {
            for (int i = 0; i < 64; i++)
            {
                await StallAsync();
            }

            // One that came while a question had a place was refused it: another one takes its part.
            await AnswersAsync(HttpStatusCode.ServiceUnavailable, image, StallAsync);
        }
        finally
        {
            stalled.ForEach(client => client.Dispose());
        }
        await AnswersAsync(HttpStatusCode.OK, image, () => Task.CompletedTask);

        async Task StallAsync()
        {
            var client = new TcpClient();
            stalled.Add(client);
            await client.ConnectAsync(_client.BaseAddress!.Host, _client.BaseAddress.Port);
            await client.GetStream().WriteAsync("POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"u8.ToArray());
        }
    }

    // The server gets to know of connections, and of their ends, some time later.
    private async Task AnswersAsync(HttpStatusCode status, byte[] image, Func<Task> otherwise)
    {
        HttpStatusCode? last = null;
        for (int i = 0; i < 200 && last != status; i++)
        {
            using var answer = await Post(image);
            last = answer.StatusCode;
            if (last != status)
            {
                await otherwise();
                await Task.Delay(50);
            }
        }
        Assert.Equal(status, last);
    }

    // A PNG's width and height stand behind its signature and the length and name of its first part.
    private static byte[] Header(byte[] png, int size)
    {
        byte[] large = [.. png];
        BinaryPrimitives.WriteInt32BigEndian(large.AsSpan(16), size);
        BinaryPrimitives.WriteInt32BigEndian(large.AsSpan(20), size);
        uint crc = uint.MaxValue;
        foreach (byte b in large.AsSpan(12, 17))
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }
        BinaryPrimitives.WriteUInt32BigEndian(large.AsSpan(29), ~crc);
        return large;
    }

    private async Task<HttpResponseMessage> Post(byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/classify", UriKind.Relative)) { Content = new ByteArrayContent(body) };
        // What is too large is refused by its length, and the connection closed: ask before sending.
        request.Headers.ExpectContinue = true;
        return await _client.SendAsync(request);
    }

    private string At(string path) => _folder.At(path);

    private void Train()
    {
        string modelDirectory = RecipeFolder.TinyClip, folder = At("uniforms");

        // docs/recipes/web-api.md
        var ml = new MLContext(seed: 1);
        using var clip = ClipModel.Load(modelDirectory, new() { Preprocessing = new() { MaximumPixels = 50_000_000, MaximumDecodingMemory = 256_000_000 } });
        var labelled = Directory.GetFiles(folder, "*.png", SearchOption.AllDirectories)
            .Select(path => new Labelled { Image = File.ReadAllBytes(path), Class = Path.GetFileName(Path.GetDirectoryName(path)!) });
        var training = ml.Data.LoadFromEnumerable(labelled);
        var keys = ml.Transforms.Conversion.MapValueToKey("Label", "Class").Fit(training);

        // Bytes in, so that no path comes from a stranger; a bad image is an error that the server answers.
        var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Image", clip)
            .AppendCacheCheckpoint(ml)
            .Append(ml.MulticlassClassification.Trainers.ClipLinearProbe("Label", "Features"))
            .Append(ml.Transforms.Conversion.MapKeyToValue("Class", "PredictedLabel"));
        var schema = ml.Data.LoadFromEnumerable(Array.Empty<Upload>()).Schema;
        ml.Model.Save(pipeline.Fit(keys.Transform(training)), schema, At("uniforms.zip"));
        // end
    }

    private void Serve(string[] args)
    {
        // docs/recipes/web-api.md
        var builder = WebApplication.CreateBuilder(args);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 10_000_000);
        // end
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();

        // docs/recipes/web-api.md
        var ml = new MLContext();
        var model = ml.Model.Load(At("uniforms.zip"), out _);
        var engines = new ConcurrentBag<PredictionEngine<Upload, Prediction>>();       // each serves one request at a time; they share the model
        var places = new SemaphoreSlim(Environment.ProcessorCount);                    // more at once would not be faster, and take memory
        var bodies = new SemaphoreSlim(64);                                            // those that wait are in memory, too, of 10 MB each

        var app = builder.Build();
        app.Use(async (context, next) =>
        {
            if (!await bodies.WaitAsync(0))
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            }
            try
            {
                await next(context);
            }
            finally
            {
                bodies.Release();
            }
        });
        app.MapPost("/classify", async (HttpRequest request, CancellationToken stop) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, stop);
            if (body.Length == 0)
            {
                return Results.Problem("The body has to be an image file.", statusCode: StatusCodes.Status400BadRequest);
            }
            await places.WaitAsync(stop);
            PredictionEngine<Upload, Prediction>? engine = null;
            try
            {
                if (!engines.TryTake(out engine))
                {
                    engine = ml.Model.CreatePredictionEngine<Upload, Prediction>(model);
                }
                var prediction = engine.Predict(new Upload { Image = body.ToArray() });
                VBuffer<ReadOnlyMemory<char>> names = default;
                engine.OutputSchema["Score"].GetSlotNames(ref names);
                var scores = names.DenseValues().Select((name, i) => (Name: name.ToString(), Score: prediction.Score[i]));
                return Results.Json(new { prediction.Class, Scores = scores.ToDictionary(s => s.Name, s => s.Score) });
            }
            catch (Exception e) when (e.GetBaseException() is ClipImageException)
            {
                // The sender's fault, whatever it is: no image, damaged, of another format, too large.
                app.Logger.LogInformation("Refused: {Reason}", e.GetBaseException().Message);
                return Results.Problem("This is no image that can be read: JPEG, PNG, GIF, WebP, BMP or ICO.", statusCode: StatusCodes.Status422UnprocessableEntity);
            }
            finally
            {
                if (engine is not null)
                {
                    engines.Add(engine);
                }
                places.Release();
            }
        });
        // end
        _built.SetResult(app);

        // docs/recipes/web-api.md
        app.Run();
        // end
    }

    // docs/recipes/web-api.md
    internal sealed class Labelled
    {
        public byte[] Image { get; set; } = [];
        public string Class { get; set; } = "";
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
