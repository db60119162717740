using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A tower of more than the 2 GB that an array or a protobuf file may have, as ViT-bigG/14's: it saves, loads and runs.</summary>
[Collection(nameof(AloneCollection))]
public sealed class LargeTowerTests : IDisposable
{
    private const string Variable = "CLIP_LARGE_TOWER", DataName = "text_model.onnx_data";

    // 39 matrices of 64 MiB: 2.6 GB.
    private const int Width = 4096, Layers = 39;
    private const long LayerBytes = (long)Width * Width * sizeof(float);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void SaveLoadRun_EmbedsTheSame()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable(Variable) == "1", $"takes 8 GB of the temporary folder's disk; set {Variable}=1");
        string zip = _directory.Combine("large.zip");
        float[] expected = Save(zip);

        var environment = new Dictionary<string, string?> { [FileCache.Variable] = _directory.Combine("cache") };
        string[] arguments = [BuildFacts.FreshProcess, zip, "Text", "Output", "a photo of a cat"];

        // What is written into the cache the first time is found there the second time.
        Assert.Equal(expected, Assert.Single(Processes.Vectors(arguments, environment)));
        Assert.Equal(expected, Assert.Single(Processes.Vectors(arguments, environment)));
        Assert.Contains(Directory.GetFiles(_directory.Combine("cache")), f => new FileInfo(f).Length > int.MaxValue);
    }

    private float[] Save(string zip)
    {
        string folder = _directory.Combine("model");
        Directory.CreateDirectory(folder);
        TinyClip.WriteTo(folder, new() { WithImageTower = false });
        var random = new Random(1);
        var onnx = new TinyOnnx { ExternalDataName = DataName }
            .Input("input_ids", TinyOnnx.Int64, "batch", "sequence")
            .WeightsAt("table", 0, TinyTokenizerFiles.VocabularySize, Width)
            .Node("Gather", ["table", "input_ids"], ["tokens"])
            .Node("ReduceMean", ["tokens"], ["h0"], ("axes", (int[])[1]), ("keepdims", 0));
        for (int i = 0; i < Layers; i++)
        {
            onnx.WeightsAt($"w{i}", i * LayerBytes, Width, Width).Node("MatMul", [$"h{i}", $"w{i}"], [i == Layers - 1 ? "text_embeds" : $"h{i + 1}"]);
        }
        File.WriteAllBytes(Path.Combine(folder, "onnx", "text_model.onnx"), onnx.Output("text_embeds", TinyOnnx.Float, "batch", Width).ToBytes());
        using (var data = File.Create(Path.Combine(folder, "onnx", DataName)))
        {
            float[] values = new float[Width * Width];
            for (int i = 0; i < Layers; i++)
            {
                foreach (ref float value in values.AsSpan())
                {
                    value = (random.NextSingle() - 0.5f) / 16;
                }
                data.Write(MemoryMarshal.AsBytes(values.AsSpan()));
            }
        }
        var ml = new MLContext();
        using var clip = ClipModel.Load(folder);
        var rows = ml.Data.LoadFromEnumerable([new StepRow { Text = "a photo of a cat" }]);
        using var step = ml.Transforms.ClipTextEmbedding("Output", "Text", clip).Fit(rows);
        float[] expected = Assert.Single(step.Transform(rows).GetColumn<float[]>("Output"));
        ml.Model.Save(step, rows.Schema, zip);
        return expected;
    }
}
