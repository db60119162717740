// How fast ONNX Runtime runs an exported image tower, by how its weights are stored: the table of docs/adr/0006-onnx-export.md.
// dotnet run -c Release --project benchmarks/Microsoft.ML.Clip.TorchSharp.Benchmarks [-- REPETITIONS]

using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using Google.Protobuf;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Benchmarks;
using Microsoft.ML.OnnxRuntime;
using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper;

int repetitions = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 15;
TorchRuntime.Prepare();
var vocabulary = ClipVocabularyTrainer.Train(["a photo of a cat"], new() { Size = 514 });
var vit = new ClipArchitecture
{
    ImageSize = 32,
    PatchSize = 4,
    VisionWidth = 192,
    VisionHeads = 6,
    VisionLayers = 6,
    JointDimension = 128,
    Text = ClipTextKind.Cbow,
    TextWidth = 16,
    VocabularySize = vocabulary.Size,
    EndOfTextId = vocabulary.EndOfTextId,
};
var resNet = vit with
{
    Vision = ClipVisionKind.ModifiedResNet,
    VisionWidth = 48,
    StageBlocks = [2, 2, 2],
    StageWidths = [48, 96, 192],
    StemStride = 2,
    ResidualBlock = ClipResidualBlock.Basic,
    ImagePooling = ClipImagePooling.Mean,
};
Console.WriteLine($"medians of {repetitions} interleaved repetitions, {Environment.ProcessorCount} cores");
foreach (var (name, architecture) in new[] { ("ResNet", resNet), ("ViT", vit) })
{
    string directory = Directory.CreateTempSubdirectory("clip-export-").FullName;
    using var module = new ClipModule(architecture, seed: 1);
    foreach (var precision in Enum.GetValues<ClipWeightPrecision>())
    {
        ClipOnnxExporter.Export(architecture, module.Weights(), vocabulary, directory, new() { Precision = precision, Variant = precision.ToString() });
    }
    string Tower(string variant) => Path.Combine(directory, "onnx", $"vision_model_{variant}.onnx");
    var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Tower("Int8")));
    Dequantization.Introduce(model.Graph);
    File.WriteAllBytes(Tower("DequantizeLinear"), model.ToByteArray());

    string[] variants = ["Float32", "Float16", "DequantizeLinear", "Int8"];
    var sessions = variants.Select(v => new InferenceSession(Tower(v))).ToArray();
    Console.WriteLine($"{name} bytes: {string.Join(", ", variants.Select(v => $"{v} {new FileInfo(Tower(v)).Length:N0}"))}");
    foreach (int batch in (int[])[1, 16, 64])
    {
        var random = new Random(1);
        float[] pixels = [.. Enumerable.Range(0, batch * 3 * 32 * 32).Select(_ => random.NextSingle())];
        using var value = OrtValue.CreateTensorValueFromMemory(pixels, [batch, 3, 32, 32]);
        float[] Embed(int variant)
        {
            using var options = new RunOptions();
            using var results = sessions[variant].Run(options, ["pixel_values"], [value], ["image_embeds"]);
            float[] embeddings = results[0].GetTensorDataAsSpan<float>().ToArray();
            return [.. embeddings.Chunk(architecture.JointDimension).SelectMany(row => row.Select(v => v / TensorPrimitives.Norm<float>(row)))];
        }
        var times = variants.Select(_ => new List<double>()).ToArray();
        // The first round warms up.
        for (int i = -1; i < repetitions; i++)
        {
            for (int v = 0; v < variants.Length; v++)
            {
                long start = Stopwatch.GetTimestamp();
                _ = Embed(v);
                if (i >= 0)
                {
                    times[v].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
            }
        }
        Console.WriteLine($"{name}, batch {batch}: {string.Join(", ", variants.Select((v, i) => $"{v} {times[i].Order().ElementAt(repetitions / 2):F2} ms"))}; " +
            $"largest difference between the int8 forms {Embed(2).Zip(Embed(3), (a, b) => MathF.Abs(a - b)).Max():E1}");
    }
    Array.ForEach(sessions, s => s.Dispose());
    Directory.Delete(directory, recursive: true);
}
