using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/worker.md: a folder, embedded in the background.</summary>
public sealed class WorkerRecipe : IDisposable
{
    private readonly RecipeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Worker_StoppedAndStartedAgain_EmbedsEachPictureOnce()
    {
        _folder.DrawClasses("pictures", 150, "a");
        File.WriteAllText(At("pictures/a/040.png"), "no picture");
        using var lines = new LogLines();
        string pictures = At("pictures/a");

        // Stopped when the first 64 are written.
        using (var host = Build(pictures, lines))
        {
            await host.StartAsync();
            for (int i = 0; i < 600 && !File.Exists(At("embeddings.jsonl")); i++)
            {
                await Task.Delay(50);
            }
            await host.StopAsync();
        }
        int written = File.ReadAllLines(At("embeddings.jsonl")).Length;
        await RunAsync([], pictures, lines);
        string[] names = Names();
        Assert.InRange(written, 63, 149);
        Assert.Equal(Enumerable.Range(0, 150).Where(i => i != 40).Select(i => $"{i:000}.png"), names.Order());
        Assert.Contains(lines.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("040.png is left out: values[0] ('040.png'): ", StringComparison.Ordinal));
        Assert.Contains(lines.Lines, line => line.Contains(" of 150 pictures", StringComparison.Ordinal));

        // The vectors are the model's.
        using var clip = ClipModel.Load(RecipeFolder.TinyClip);
        float[] expected = clip.EncodeImage(Path.Combine(pictures, names[100]));
        float[] actual = [.. JsonDocument.Parse(File.ReadLines(At("embeddings.jsonl")).ElementAt(100)).RootElement.GetProperty("Vector").EnumerateArray().Select(v => v.GetSingle())];
        Assert.Equal(1, expected.Zip(actual, (a, b) => a * b).Sum(), 1e-5f);

        string[] Names() => [.. File.ReadLines(At("embeddings.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("Name").GetString()!)];
    }

    private string At(string path) => _folder.At(path);

    private IHost Build(string pictures, LogLines lines)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddProvider(lines);
        builder.Services.AddClip(options => options.Directory = RecipeFolder.TinyClip);
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<FolderWorker>(services, pictures, At("embeddings.jsonl")));
        return builder.Build();
    }

    private async Task RunAsync(string[] args, string pictures, LogLines lines)
    {
        string modelDirectory = RecipeFolder.TinyClip;

        // docs/recipes/worker.md
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddClip(options => options.Directory = modelDirectory);
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<FolderWorker>(services, pictures, At("embeddings.jsonl")));
        using var host = builder.Build();
        await host.RunAsync();
        // end
    }

    // docs/recipes/worker.md
    internal sealed class FolderWorker(string folder, string results, IEmbeddingGenerator<DataContent, Embedding<float>> generator,
        IHostApplicationLifetime application, ILogger<FolderWorker> logger) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            var done = File.Exists(results) ? File.ReadLines(results).Select(line => JsonSerializer.Deserialize<Row>(line)!.Name).ToHashSet() : [];
            string[] left = [.. Directory.GetFiles(folder).Where(path => !done.Contains(Path.GetFileName(path))).Order()];
            int count = 0;
            // Some batches of the encoder at a time: a stop waits for one of them, and costs what was not written yet.
            foreach (string[] some in left.Chunk(64))
            {
                var rows = await EmbedAsync(some, stoppingToken);
                await File.AppendAllLinesAsync(results, rows.Select(row => JsonSerializer.Serialize(row)), CancellationToken.None);
                logger.LogInformation("{Count} of {Left} pictures", count += some.Length, left.Length);
            }
            application.StopApplication();
        }

        private async Task<Row[]> EmbedAsync(string[] paths, CancellationToken stop)
        {
            try
            {
                var images = await Task.WhenAll(paths.Select(path => DataContent.LoadFromAsync(path, cancellationToken: stop).AsTask()));
                var embeddings = await generator.GenerateAsync(images, cancellationToken: stop);
                return [.. paths.Zip(embeddings, (path, embedding) => new Row(Path.GetFileName(path), embedding.Vector.ToArray()))];
            }
            catch (ClipImageException e) when (paths.Length == 1)
            {
                logger.LogWarning("{Name} is left out: {Reason}", Path.GetFileName(paths[0]), e.Message);
                return [];
            }
            catch (ClipImageException)
            {
                // One cannot be read: each half by itself, until it is alone.
                int half = paths.Length / 2;
                return [.. await EmbedAsync(paths[..half], stop), .. await EmbedAsync(paths[half..], stop)];
            }
        }

        private sealed record Row(string Name, float[] Vector);
    }
    // end
}
