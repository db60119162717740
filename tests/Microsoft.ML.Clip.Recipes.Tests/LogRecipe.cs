using Microsoft.Extensions.Logging;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/log.md: hearing what the library says.</summary>
public sealed class LogRecipe : IDisposable
{
    private readonly RecipeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs()
    {
        _folder.DrawClasses("pictures", 2, "a");
        File.WriteAllText(_folder.At("pictures/a/broken.png"), "no picture");
        string modelDirectory = RecipeFolder.TinyClip;
        string[] paths = Directory.GetFiles(_folder.At("pictures/a"));

        // docs/recipes/log.md
        var ml = new MLContext();
        var said = new List<string>();
        ml.Log += (_, e) =>
        {
            if (e.Kind >= ChannelMessageKind.Warning || e.Source.Contains("CLIP", StringComparison.OrdinalIgnoreCase))
            {
                lock (said)
                {
                    said.Add($"{e.Kind} {e.Source}: {e.RawMessage}");
                }
            }
        };

        using var clip = ClipModel.Load(modelDirectory);
        var pictures = ml.Data.LoadFromEnumerable(paths.Select(path => new { Path = path }));
        var embed = ml.Transforms.ClipImageEmbedding("Features", "Path", clip, new() { OnInvalidImage = ClipOnInvalidImage.Missing });
        var features = ml.Data.Cache(embed.Fit(pictures).Transform(pictures));
        // end

        Assert.Equal(3, ml.Data.CreateEnumerable<Row>(features, reuseRowObject: false).Count());
        Assert.Contains(said, line => line.Contains("runs on CPUExecutionProvider", StringComparison.Ordinal));
        Assert.Contains(said, line => line.StartsWith("Warning", StringComparison.Ordinal));

        var messages = new List<string>();

        // docs/recipes/log.md
        clip.Message += (_, message) => messages.Add($"{message.Kind}: {message.Text}");
        // end

        clip.EncodeText("a cat");
        Assert.NotEmpty(messages);
    }

    [Fact]
    public void ToALogger_Runs()
    {
        _folder.DrawClasses("pictures", 1, "a");
        File.WriteAllText(_folder.At("pictures/a/broken.png"), "no picture");
        using var lines = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(lines));
        var context = new MLContext();

        // docs/recipes/log.md
        var logger = loggers.CreateLogger("Microsoft.ML");
        context.Log += (_, e) => logger.Log(e.Kind switch
        {
            ChannelMessageKind.Error => LogLevel.Error,
            ChannelMessageKind.Warning => LogLevel.Warning,
            ChannelMessageKind.Info => LogLevel.Information,
            _ => LogLevel.Trace,
        }, "{Source}: {Message}", e.Source, e.RawMessage);
        // end

        using var clip = ClipModel.Load(RecipeFolder.TinyClip);
        var pictures = context.Data.LoadFromEnumerable(Directory.GetFiles(_folder.At("pictures/a")).Select(path => new { Path = path }));
        var embed = context.Transforms.ClipImageEmbedding("Features", "Path", clip, new() { OnInvalidImage = ClipOnInvalidImage.Missing });
        Assert.Equal(2, context.Data.CreateEnumerable<Row>(embed.Fit(pictures).Transform(pictures), reuseRowObject: false).Count());

        Assert.Contains(lines.Lines, line => line.StartsWith("Information Microsoft.ML: ", StringComparison.Ordinal)
            && line.Contains("runs on CPUExecutionProvider", StringComparison.Ordinal));
        Assert.Contains(lines.Lines, line => line.StartsWith("Warning Microsoft.ML: ", StringComparison.Ordinal) && line.Contains("broken.png", StringComparison.Ordinal));
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];
    }
}
