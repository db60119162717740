using System.Globalization;
using System.IO.Compression;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A saved pipeline with large weights: how it lies in the zip, and what loading it takes (docs/adr/0014-weights-are-mapped.md).</summary>
[Collection(nameof(AloneCollection))]
public sealed class MappedWeightsTests : IDisposable
{
    // As many as large models have, so that one of them is little beside all.
    private const int Width = 1024, Layers = 24;
    private const long WeightBytes = (long)Layers * Width * Width * sizeof(float);

    // Activations of a batch, ONNX Runtime's own, and what the runtime happens to take.
    private const long Allowance = 40L << 20;

    private readonly TemporaryDirectory _directory = new();

    private string Cache => _directory.Combine("cache");

    private string Large => _directory.Combine("large.zip");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Load_LargeWeights_AreInMemoryOnce()
    {
        Save(Large, large: true);
        Save(_directory.Combine("small.zip"), large: false);

        long without = Least(() => Peak(_directory.Combine("small.zip"), Cache)), first = Least(() => Peak(Large, NewCache()));
        // Of those that find the file in the cache, and not of the one that puts it there.
        Peak(Large, Cache);
        long second = Least(() => Peak(Large, Cache)), never = Peak(Large, "off");

        Assert.InRange(first - without, WeightBytes / 2, WeightBytes + Allowance);
        Assert.InRange(second - without, WeightBytes / 2, WeightBytes + Allowance);
        // It works without; what that takes is what all took before.
        Assert.True(never - without > 2 * WeightBytes, $"{never - without:N0}");
        Assert.Equal(2, Directory.GetFiles(Cache).Length);
    }

    [Fact]
    public void Save_Weights_AreStoredAsTheyAre()
    {
        Save(Large, large: true);

        using var zip = ZipFile.OpenRead(Large);
        var entry = Assert.Single(zip.Entries, e => e.Length > WeightBytes);
        Assert.InRange(entry.CompressedLength, entry.Length, entry.Length + (entry.Length / 100));
    }

    [Fact]
    public void Load_ADamagedCache_EmbedsTheSame()
    {
        Save(Large, large: true);
        string[] arguments = [BuildFacts.FreshProcess, Large, "Text", "Output", "a photo of a cat"];
        var environment = new Dictionary<string, string?> { [FileCache.Variable] = Cache };
        float[][] expected = Processes.Vectors(arguments, new Dictionary<string, string?> { [FileCache.Variable] = "off" });

        Assert.Equal(expected, Processes.Vectors(arguments, environment));
        using (var file = File.OpenWrite(Assert.Single(Directory.GetFiles(Cache))))
        {
            file.Position = file.Length / 2;
            file.Write(new byte[1 << 20]);
        }

        Assert.Equal(expected, Processes.Vectors(arguments, environment));
    }

    [Fact]
    public void Load_ACacheThatCannotBeUsed_IsAWarning()
    {
        Save(Large, large: true);
        string[] arguments = [BuildFacts.FreshProcess, Large, "Text", "Output", "a photo of a cat"];
        // A file lies where the directory should be.
        File.WriteAllText(Cache, "");

        string said = Processes.Dotnet(arguments, environment: new Dictionary<string, string?> { [FileCache.Variable] = Cache, ["WARNINGS"] = "1" });
        string off = Processes.Dotnet(arguments, environment: new Dictionary<string, string?> { [FileCache.Variable] = "off", ["WARNINGS"] = "1" });

        Assert.Contains($"the cache '{Cache}' cannot be used", said, StringComparison.Ordinal);
        Assert.DoesNotContain("cache", off, StringComparison.Ordinal);
    }

    // What a process happens to take besides, as its heaps grow while others work, comes on top; weights that are there twice would be so each time.
    private static long Least(Func<long> peak) => Enumerable.Range(0, 3).Min(_ => peak());

    private string NewCache() => _directory.Combine(Guid.NewGuid().ToString("N"));

    // A view of two batches, and a prediction engine before it: each has a session of its own.
    private static long Peak(string zip, string cache) => long.Parse(Processes.Dotnet([BuildFacts.FreshProcess, zip, "Text", "Output", "a photo of a cat"],
        environment: new Dictionary<string, string?> { ["REPEAT"] = "32", ["ENGINE"] = "1", [FileCache.Variable] = cache }), CultureInfo.InvariantCulture);

    private static void Save(string zip, bool large)
    {
        using var model = new TemporaryDirectory();
        TinyClip.WriteTo(model, new() { WithImageTower = false });
        var random = new Random(1);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) / 16)];
        var onnx = new TinyOnnx()
            .Input("input_ids", TinyOnnx.Int64, "batch", "sequence")
            .Weights("table", Values(TinyTokenizerFiles.VocabularySize * Width), TinyTokenizerFiles.VocabularySize, Width)
            .Node("Gather", ["table", "input_ids"], ["tokens"])
            .Node("ReduceMean", ["tokens"], ["h0"], ("axes", (int[])[1]), ("keepdims", 0));
        int layers = large ? Layers : 1;
        for (int i = 0; i < layers; i++)
        {
            onnx.Weights($"w{i}", Values(Width * Width), Width, Width).Node("MatMul", [$"h{i}", $"w{i}"], [i == layers - 1 ? "text_embeds" : $"h{i + 1}"]);
        }
        model.Write("onnx/text_model.onnx", onnx.Output("text_embeds", TinyOnnx.Float, "batch", Width).ToBytes());
        var ml = new MLContext();
        using var clip = ClipModel.Load(model);
        var data = ml.Data.LoadFromEnumerable([new StepRow { Text = "a cat" }]);
        var step = ml.Transforms.ClipTextEmbedding("Output", "Text", clip).Fit(data);
        ml.Model.Save(step, data.Schema, zip);
    }
}
