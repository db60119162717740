using System.Diagnostics;
using System.Numerics.Tensors;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>How fast ONNX Runtime runs an exported image tower, by how its weights are stored: the table of docs/adr/0006-onnx-export.md.</summary>
internal static class ExportComparison
{
    private const int DequantizedInt8 = 2, Int8 = 3;

    private static readonly string[] Variants = ["Float32", "Float16", "DequantizeLinear", "Int8"];

    public static void Run(int repetitions)
    {
        ClipTorchRuntime.Prepare();
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
        Run("ResNet", resNet, vocabulary, repetitions);
        Run("ViT", vit, vocabulary, repetitions);
    }

    private static void Run(string name, ClipArchitecture architecture, ClipVocabulary vocabulary, int repetitions)
    {
        string directory = Directory.CreateTempSubdirectory("clip-export-").FullName;
        string[] towers = [.. Variants.Select(v => Path.Combine(directory, "onnx", $"vision_model_{v}.onnx"))];
        Export(architecture, vocabulary, directory, towers);
        var sessions = towers.Select(t => new InferenceSession(t)).ToArray();
        Console.WriteLine($"{name} bytes: {string.Join(", ", Variants.Zip(towers, (v, t) => $"{v} {new FileInfo(t).Length:N0}"))}");
        foreach (int batch in (int[])[1, 16, 64])
        {
            var random = new Random(1);
            float[] pixels = [.. Enumerable.Range(0, batch * 3 * 32 * 32).Select(_ => random.NextSingle())];
            using var value = OrtValue.CreateTensorValueFromMemory(pixels, [batch, 3, 32, 32]);
            var times = sessions.Select(_ => new List<double>()).ToArray();
            // The first round warms up.
            for (int i = -1; i < repetitions; i++)
            {
                for (int v = 0; v < sessions.Length; v++)
                {
                    long start = Stopwatch.GetTimestamp();
                    _ = Embed(sessions[v], value, architecture.JointDimension);
                    if (i >= 0)
                    {
                        times[v].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    }
                }
            }
            float[][] forms = [.. new[] { DequantizedInt8, Int8 }.Select(v => Embed(sessions[v], value, architecture.JointDimension))];
            Console.WriteLine($"{name}, batch {batch}: {string.Join(", ", Variants.Select((v, i) => $"{v} {times[i].Order().ElementAt(repetitions / 2):F2} ms"))}; " +
                $"largest difference between the int8 forms {forms[0].Zip(forms[1], (a, b) => MathF.Abs(a - b)).Max():E1}");
        }
        Array.ForEach(sessions, s => s.Dispose());
        Directory.Delete(directory, recursive: true);
    }

    // The towers of one network with random weights, in each precision of the exporter and with int8 weights in the usual form.
    private static void Export(ClipArchitecture architecture, ClipVocabulary vocabulary, string directory, string[] towers)
    {
        using var module = new ClipModule(architecture, seed: 1);
        foreach (var precision in Enum.GetValues<ClipWeightPrecision>())
        {
            ClipOnnxExporter.Export(architecture, module.Weights(), vocabulary, directory, new() { Precision = precision, Variant = precision.ToString() });
        }
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(towers[Int8]));
        Dequantization.Introduce(model.Graph);
        File.WriteAllBytes(towers[DequantizedInt8], model.ToByteArray());
    }

    private static float[] Embed(InferenceSession session, OrtValue pixels, int dimension)
    {
        using var options = new RunOptions();
        using var results = session.Run(options, ["pixel_values"], [pixels], ["image_embeds"]);
        float[] embeddings = results[0].GetTensorDataAsSpan<float>().ToArray();
        return [.. embeddings.Chunk(dimension).SelectMany(row => row.Select(v => v / TensorPrimitives.Norm<float>(row)))];
    }
}
