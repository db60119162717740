namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/long-work.md: thousands of images, some of them broken.</summary>
public sealed class LongWorkRecipe : IDisposable
{
    private readonly RecipeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs()
    {
        const int Rows = 1000;
        string modelDirectory = RecipeFolder.TinyClip;
        _folder.DrawClasses("images", 10, "red", "blue");
        string[] files = Directory.GetFiles(At("images"), "*.png", SearchOption.AllDirectories);
        File.WriteAllText(At("images/broken.jpg"), "This is not a picture.");
        string[] paths = [.. Enumerable.Range(0, Rows).Select(i => i % 100 == 37 ? At($"images/missing-{i}.jpg") : i % 500 == 8 ? At("images/broken.jpg") : files[i % 20])];
        string[] labels = ["cat", "dog"];

        // docs/recipes/long-work.md
        var ml = new MLContext();
        using var clip = ClipModel.Load(modelDirectory);

        var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;                                              // go on to the end of the program, with what there is
            stop.Cancel();
        };
        var photographs = ml.Data.LoadFromEnumerable(paths.TakeWhile(_ => !stop.IsCancellationRequested).Select(path => new Photograph { Path = path }));
        var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Path", clip, new()
        {
            OnInvalidImage = ClipOnInvalidImage.Missing,              // go on where an image cannot be read
            ErrorColumnName = "Error",                                // and say why, in the row
        })
            .Append(ml.Transforms.ClipZeroShotClassification("Features", clip, labels, ClipPrompts.ImageNet80,
                new() { Progress = new ConsoleProgress(), CancellationToken = stop.Token })) // labels times 80 prompts are embedded by Fit
            .Append(ml.Transforms.Conversion.MapKeyToValue("Class", "PredictedLabel"));
        clip.WarmUp(batchSize: 16);                                       // a model file that is broken is told now
        var model = pipeline.Fit(photographs);

        var watched = ml.Data.ShowProgress(photographs, new ConsoleProgress(), total: paths.Length);
        var failed = new List<string>();
        var classes = new Dictionary<string, int>();
        foreach (var row in ml.Data.CreateEnumerable<Result>(model.Transform(watched), reuseRowObject: true))
        {
            if (row.Error.Length > 0)
            {
                failed.Add($"{row.Path}\t{row.Error}");
            }
            else
            {
                classes[row.Class] = classes.GetValueOrDefault(row.Class) + 1;
            }
        }
        File.WriteAllLines(At("failed.txt"), failed);
        // end

        string[] expected = [.. paths.Where(path => !files.Contains(path))];
        string[] found = File.ReadAllLines(At("failed.txt"));
        Assert.Equal(12, expected.Length);
        Assert.Equal(expected, found.Select(line => line.Split('\t')[0]));
        Assert.All(found.Zip(expected), pair => Assert.Contains(pair.Second, pair.First.Split('\t')[1], StringComparison.Ordinal));
        Assert.Equal(Rows - 12, classes.Values.Sum());
        Assert.All(classes.Keys, name => Assert.Contains(name, labels));
    }

    // Ctrl+C cannot be pressed here; the recipe's way to stop is a source that ends early.
    [Fact]
    public void SourceThatEndsEarly_KeepsTheRowsThatWereRead()
    {
        const int Rows = 2000;
        _folder.DrawClasses("images", 1, "red");
        string path = At("images/red/000.png");
        var ml = new MLContext();
        using var clip = ClipModel.Load(RecipeFolder.TinyClip);
        using var stop = new CancellationTokenSource();
        int read = 0;
        var photographs = Enumerable.Range(0, Rows).TakeWhile(_ => !stop.IsCancellationRequested).Select(i =>
        {
            if (Interlocked.Increment(ref read) == 100)
            {
                stop.Cancel();
            }
            return new Photograph { Path = i == 50 ? "not-there.png" : path };
        });
        var view = ml.Data.LoadFromEnumerable(photographs);
        var model = ml.Transforms.ClipImageEmbedding("Features", "Path", clip, new() { OnInvalidImage = ClipOnInvalidImage.Missing, ErrorColumnName = "Error" })
            .Append(ml.Transforms.ClipZeroShotClassification("Features", clip, ["tabby cat", "espresso"]))
            .Append(ml.Transforms.Conversion.MapKeyToValue("Class", "PredictedLabel")).Fit(view);

        var rows = ml.Data.CreateEnumerable<Result>(model.Transform(view), reuseRowObject: false).ToArray();

        Assert.Equal(100, read);
        Assert.Equal(100, rows.Length);
        Assert.NotEmpty(rows[50].Error);
        Assert.All(rows.Where((_, i) => i != 50), row => Assert.NotEmpty(row.Class));
    }

    private string At(string relativePath) => _folder.At(relativePath);

    // docs/recipes/long-work.md
    // Unlike Progress<T>, which hands reports on to other threads where it is in a console, it writes them as they come.
    private sealed class ConsoleProgress : IProgress<ClipProgress>
    {
        public void Report(ClipProgress value) => Console.Error.Write(value.IsLast ? $"\r{value}\n" : $"\r{value}  ");
    }

    private sealed class Photograph
    {
        public string Path { get; set; } = "";
    }

    private sealed class Result
    {
        public string Path { get; set; } = "";
        public string Error { get; set; } = "";
        public string Class { get; set; } = "";
    }
    // end
}
