using System.Text.RegularExpressions;
using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The weights of the fixture models as safetensors. They exist as ONNX files only, whose constants carry names or, where torch folded a transposition or
/// a norm, are named after the node that uses them.
/// </summary>
internal static partial class FixtureWeights
{
    /// <summary>Writes tiny-vit in Hugging Face's names, or tiny-rn in OpenAI's.</summary>
    public static void Write(string model, string path)
    {
        var tensors = new Dictionary<string, WeightTensor>(StringComparer.Ordinal);
        bool isResNet = model == "tiny-rn";
        Collect(SharedFolder.Require($"fixtures/models/{model}/onnx/vision_model.onnx"), isResNet ? ResNetImage : name => HuggingFace(name, "vision"), tensors);
        Collect(SharedFolder.Require($"fixtures/models/{model}/onnx/text_model.onnx"), name => HuggingFace(name, "text"), tensors);
        tensors["logit_scale"] = new("logit_scale", [MathF.Log(ExpectedModel.Load(model).LogitScale)]);
        WeightTensor.Write(path, [.. isResNet ? ToOpenAI(tensors) : tensors.Values]);
    }

    private static void Collect(string file, Func<string, string?> rename, Dictionary<string, WeightTensor> tensors)
    {
        var graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(file)).Graph;
        var constants = graph.Initializer.Where(t => t.DataType == 1)
            .ToDictionary(t => t.Name, t => new WeightTensor(t.Name, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(t.RawData.Span)
                .ToArray(), [.. t.Dims.Select(d => (int)d)]));
        foreach (var node in graph.Node)
        {
            // "/layers.0/q_proj/MatMul_output_0" multiplies by the transposed weight of layers.0.q_proj.
            if (node.OpType == "MatMul" && constants.Remove(node.Input[1], out var matrix))
            {
                Add(node.Output[0] is "image_embeds" or "text_embeds" ? "projection.weight" : node.Output[0].Trim('/').Replace("/MatMul_output_0", ".weight", StringComparison.Ordinal)
                    .Replace('/', '.'), matrix.Transposed());
            }
        }
        int convolution = 0;
        foreach (var node in graph.Node.Where(n => n.OpType == "Conv" && n.Input.Count == 3))
        {
            Add($"conv.{convolution}.weight", constants[node.Input[1]]);
            Add($"conv.{convolution++}.bias", constants[node.Input[2]]);
        }
        foreach (var (name, tensor) in constants)
        {
            Add(name, tensor);
        }
        // The token embeddings of the fixtures are multiples of a power of two, stored as int8.
        if (graph.Initializer.FirstOrDefault(t => t.Name == "tok") is { } tokens)
        {
            var scale = graph.Node.First(n => n.OpType == "Constant" && n.Attribute[0].T.DataType == 1).Attribute[0].T;
            float step = BitConverter.ToSingle(scale.RawData.Span);
            Add("tok", new WeightTensor("tok", [.. tokens.RawData.Select(b => (sbyte)b * step)], [.. tokens.Dims.Select(d => (int)d)]));
        }

        void Add(string name, WeightTensor tensor)
        {
            if (rename(name) is { } renamed)
            {
                tensors[renamed] = tensor with { Name = renamed };
            }
        }
    }

    private static string? HuggingFace(string name, string tower) => name switch
    {
        "cls" => "vision_model.embeddings.class_embedding",
        "pos" => $"{tower}_model.embeddings.position_embedding.weight",
        "patch.weight" => "vision_model.embeddings.patch_embedding.weight",
        "tok" => "text_model.embeddings.token_embedding.weight",
        "pre.weight" or "pre.bias" => "vision_model.pre_layrnorm." + name[4..],
        "post.weight" or "post.bias" => "vision_model.post_layernorm." + name[5..],
        "final.weight" or "final.bias" => "text_model.final_layer_norm." + name[6..],
        "projection.weight" => tower == "vision" ? "visual_projection.weight" : "text_projection.weight",
        _ when Layer().Match(name) is { Success: true } m => $"{tower}_model.encoder.layers.{m.Groups[1].Value}.{(m.Groups[2].Value.EndsWith("_proj", StringComparison.Ordinal) ? "self_attn." : m.Groups[2].Value.StartsWith("fc", StringComparison.Ordinal) ? "mlp." : "")}{m.Groups[2].Value}.{m.Groups[3].Value}",
        _ => null,
    };

    private static string? ResNetImage(string name) => name switch
    {
        "pos" => "visual.attnpool.positional_embedding",
        _ when name.StartsWith("v.attnpool.", StringComparison.Ordinal) => "visual" + name[1..],
        "q_proj.weight" or "k_proj.weight" or "v_proj.weight" => "visual.attnpool." + name,
        _ when name.StartsWith("conv.", StringComparison.Ordinal) => name,
        _ => null,
    };

    /// <summary>The text tower under OpenAI's names, and the convolutions with norms that do nothing but add the folded bias.</summary>
    private static IEnumerable<WeightTensor> ToOpenAI(Dictionary<string, WeightTensor> tensors)
    {
        var architecture = new ClipArchitecture
        {
            Vision = ClipVisionKind.ModifiedResNet,
            VisionWidth = 8,
            StageBlocks = [1, 1, 1, 1],
            StageWidths = [8, 16, 32, 64]
        };
        var convolutions = new[] { "1", "2", "3" }.Select(i => (Convolution: $"visual.conv{i}", Norm: $"visual.bn{i}"))
            .Concat(ResidualBlock.All(architecture).SelectMany(b => b.Convolutions.Select(c => ($"{b.Name}.{c.Convolution}", $"{b.Name}.{c.Norm}")))).ToList();
        for (int i = 0; i < convolutions.Count; i++)
        {
            var (convolution, norm) = convolutions[i];
            float[] bias = tensors[$"conv.{i}.bias"].Values;
            yield return tensors[$"conv.{i}.weight"] with { Name = $"{convolution}.weight" };
            yield return new($"{norm}.weight", Filled(1, bias.Length), bias.Length);
            yield return new($"{norm}.bias", bias, bias.Length);
            yield return new($"{norm}.running_mean", Filled(0, bias.Length), bias.Length);
            yield return new($"{norm}.running_var", Filled(1 - 1e-5f, bias.Length), bias.Length);
        }
        foreach (var tensor in tensors.Values.Where(t => t.Name.StartsWith("visual.attnpool", StringComparison.Ordinal) || t.Name == "logit_scale"))
        {
            yield return tensor;
        }
        foreach (string name in ParameterShapes.Of(new ClipArchitecture { TextLayers = 2 })
            .Keys.Where(n => !n.StartsWith("visual", StringComparison.Ordinal) && n != "logit_scale"))
        {
            var (names, transposed) = HuggingFaceNames.Of(name);
            WeightTensor[] parts = [.. names.Select(n => tensors[n])];
            var stacked = new WeightTensor(name, [.. parts.SelectMany(p => p.Values)], [parts[0].Shape[0] * parts.Length, .. parts[0].Shape[1..]]);
            yield return transposed ? stacked.Transposed() : stacked;
        }
    }

    private static float[] Filled(float value, int count) => [.. Enumerable.Repeat(value, count)];

    [GeneratedRegex(@"^layers\.(\d+)\.(\w+)\.(weight|bias)$")]
    private static partial Regex Layer();
}
