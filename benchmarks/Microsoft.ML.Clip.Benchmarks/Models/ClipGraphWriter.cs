using System.Numerics.Tensors;
using Microsoft.ML.Clip.Tests;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// Writes the two towers of a CLIP model as a Hugging Face export has them (pixel_values to image_embeds, input_ids to text_embeds, batch and
/// sequence dynamic), with seeded random weights: speed does not depend on their values, as long as none is denormal.
/// </summary>
/// <param name="shape">The sizes.</param>
/// <param name="seed">Of the weights.</param>
/// <param name="precision">What they are written in.</param>
/// <param name="outliers">Whether some channels are far larger than others.</param>
internal sealed class ClipGraphWriter(ClipShape shape, int seed, Precision precision = Precision.Float32, Outliers outliers = Outliers.None)
{
    // Channels of every normalisation in a layer, and by how much they are larger.
    private static readonly (int Channel, float Factor)[] OutlierChannels = [(7, 20), (30, 28), (81, 36), (133, 44), (290, 52), (411, 60)];

    private const float Epsilon = 1e-5f;

    private readonly Random _random = new(seed);
    private readonly int _type = precision == Precision.Float16 ? TinyOnnx.Float16 : TinyOnnx.Float;

    public byte[] ImageTower()
    {
        var graph = new TinyOnnx { HalfWeights = precision == Precision.Float16 };
        int width = shape.ImageWidth, side = shape.ImageSize / shape.PatchSize, patches = side * side;
        graph.Input("pixel_values", _type, "batch_size", 3, shape.ImageSize, shape.ImageSize)
            .Output("image_embeds", _type, "batch_size", shape.Dimension);
        Constants(graph);
        // [N, 3, S, S] -> [N, width, side, side] -> [N, patches, width], the class token in front.
        graph.Weights("patch", Draw(width * 3 * shape.PatchSize * shape.PatchSize), width, 3, shape.PatchSize, shape.PatchSize)
            .Weights("class", Draw(width), 1, 1, width).Weights("positions", Draw((patches + 1) * width), patches + 1, width)
            .Integers("flat", [0, width, -1], 3).Integers("one_one", [1, 1], 2)
            .Node("Conv", ["pixel_values", "patch"], ["patches"], ("kernel_shape", new[] { shape.PatchSize, shape.PatchSize }), ("strides", new[] { shape.PatchSize, shape.PatchSize }))
            .Node("Reshape", ["patches", "flat"], ["patches_flat"])
            .Node("Transpose", ["patches_flat"], ["patch_tokens"], ("perm", new[] { 0, 2, 1 }))
            .Node("Shape", ["pixel_values"], ["pixel_shape"])
            .Node("Gather", ["pixel_shape", "axis_0"], ["batch"], ("axis", 0))
            .Node("Concat", ["batch", "one_one"], ["class_shape"], ("axis", 0))
            .Node("Expand", ["class", "class_shape"], ["class_tokens"])
            .Node("Concat", ["class_tokens", "patch_tokens"], ["tokens"], ("axis", 1))
            .Node("Add", ["tokens", "positions"], ["embedded"]);
        Norm(graph, "embedded", "hidden", "pre", width);
        string hidden = Transformer(graph, "hidden", width, shape.ImageLayers, mask: null);
        graph.Node("Gather", [hidden, "zero"], ["class_out"], ("axis", 1));
        Norm(graph, "class_out", "pooled", "post", width);
        Linear(graph, "pooled", "image_embeds", "projection", width, shape.Dimension, bias: false);
        return graph.ToBytes();
    }

    public byte[] TextTower()
    {
        var graph = new TinyOnnx { HalfWeights = precision == Precision.Float16 };
        int width = shape.TextWidth, length = ClipShape.Context;
        float[] causal = new float[length * length];
        for (int i = 0; i < causal.Length; i++)
        {
            causal[i] = i % length > i / length ? -10_000 : 0;
        }
        graph.Input("input_ids", TinyOnnx.Int64, "batch_size", "sequence_length").Output("text_embeds", _type, "batch_size", shape.Dimension);
        Constants(graph);
        graph.Weights("tokens", Draw(ClipShape.Vocabulary * width), ClipShape.Vocabulary, width).Weights("positions", Draw(length * width), length, width)
            .Weights("causal", causal, length, length).Integers("zeros", [0, 0], 2).Integers("axes_01", [0, 1], 2).Integers("last", [2], 1)
            .Node("Shape", ["input_ids"], ["ids_shape"])
            .Node("Gather", ["ids_shape", "axis_1"], ["length"], ("axis", 0))
            .Node("Concat", ["length", "length"], ["length_2"], ("axis", 0))
            .Node("Slice", ["positions", "axis_0", "length", "axis_0"], ["some_positions"])
            .Node("Slice", ["causal", "zeros", "length_2", "axes_01"], ["mask"])
            .Node("Gather", ["tokens", "input_ids"], ["token_embeddings"], ("axis", 0))
            .Node("Add", ["token_embeddings", "some_positions"], ["hidden"]);
        string hidden = Transformer(graph, "hidden", width, shape.TextLayers, "mask");
        Norm(graph, hidden, "normed", "final", width);
        // Pooled at the first end token, which has the highest id.
        graph.Node("ArgMax", ["input_ids"], ["end"], ("axis", 1), ("keepdims", 1))
            .Node("GatherND", ["normed", "end"], ["pooled"], ("batch_dims", 1));
        Linear(graph, "pooled", "text_embeds", "projection", width, shape.Dimension, bias: false);
        return graph.ToBytes();
    }

    private static void Constants(TinyOnnx graph) => graph.Integers("zero", [0]).Integers("axis_0", [0], 1).Integers("axis_1", [1], 1)
        .Weights("quick", [1.702f]).Weights("scale", [1 / MathF.Sqrt(ClipShape.HeadWidth)]);

    private string Transformer(TinyOnnx graph, string input, int width, int layers, string? mask)
    {
        graph.Integers("heads", [0, 0, width / ClipShape.HeadWidth, ClipShape.HeadWidth], 4).Integers("joined", [0, 0, width], 3);
        for (int i = 0; i < layers; i++)
        {
            string p = $"layer{i}_";
            Norm(graph, input, p + "n1", p + "norm1", width);
            Attention(graph, p, width, mask);
            graph.Node("Add", [input, p + "attended"], [p + "middle"]);
            Norm(graph, p + "middle", p + "n2", p + "norm2", width);
            Linear(graph, p + "n2", p + "up", p + "fc1", width, 4 * width, bias: true);
            graph.Node("Mul", [p + "up", "quick"], [p + "scaled_up"]).Node("Sigmoid", [p + "scaled_up"], [p + "gate"])
                .Node("Mul", [p + "up", p + "gate"], [p + "gelu"]);
            Linear(graph, p + "gelu", p + "down", p + "fc2", 4 * width, width, bias: true);
            graph.Node("Add", [p + "middle", p + "down"], [input = p + "out"]);
        }
        return input;
    }

    private void Attention(TinyOnnx graph, string p, int width, string? mask)
    {
        foreach (var (name, order) in (ReadOnlySpan<(string, int[])>)[("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])])
        {
            Linear(graph, p + "n1", p + name, p + name + "_proj", width, width, bias: true);
            string all = p + name;
            if (name == "q")
            {
                graph.Node("Mul", [all, "scale"], [all = p + "q_scaled"]);
            }
            graph.Node("Reshape", [all, "heads"], [p + name + "_split"]).Node("Transpose", [p + name + "_split"], [p + name + "_heads"], ("perm", order));
        }
        graph.Node("MatMul", [p + "q_heads", p + "k_heads"], [p + "scores"]);
        string scores = p + "scores";
        if (mask is not null)
        {
            graph.Node("Add", [scores, mask], [scores = p + "masked"]);
        }
        graph.Node("Softmax", [scores], [p + "weights"], ("axis", -1)).Node("MatMul", [p + "weights", p + "v_heads"], [p + "mixed"])
            .Node("Transpose", [p + "mixed"], [p + "mixed_rows"], ("perm", new[] { 0, 2, 1, 3 })).Node("Reshape", [p + "mixed_rows", "joined"], [p + "mixed_joined"]);
        Linear(graph, p + "mixed_joined", p + "attended", p + "out_proj", width, width, bias: true);
    }

    private void Norm(TinyOnnx graph, string input, string output, string name, int width)
    {
        float[] ones = new float[width];
        Array.Fill(ones, 1f);
        if (outliers != Outliers.None && name.Contains("_norm", StringComparison.Ordinal))
        {
            foreach (var (channel, factor) in OutlierChannels)
            {
                ones[channel] = factor;
            }
        }
        graph.Weights(name + "_weight", ones, width).Weights(name + "_bias", new float[width], width)
            .Node("LayerNormalization", [input, name + "_weight", name + "_bias"], [output], ("axis", -1), ("epsilon", Epsilon));
    }

    private void Linear(TinyOnnx graph, string input, string output, string name, int inputs, int outputs, bool bias)
    {
        float[] weights = Draw(inputs * outputs);
        if (outliers == Outliers.SameFunction && (name.EndsWith("fc1", StringComparison.Ordinal) || name.EndsWith("q_proj", StringComparison.Ordinal)
            || name.EndsWith("k_proj", StringComparison.Ordinal) || name.EndsWith("v_proj", StringComparison.Ordinal)))
        {
            foreach (var (channel, factor) in OutlierChannels)
            {
                TensorPrimitives.Divide(weights.AsSpan(channel * outputs, outputs), factor, weights.AsSpan(channel * outputs, outputs));
            }
        }
        string product = bias ? output + "_product" : output;
        if (precision == Precision.Int8 && bias)
        {
            QuantizedProduct(graph, input, product, name, weights, inputs, outputs);
        }
        else
        {
            graph.Weights(name + "_weight", weights, inputs, outputs).Node("MatMul", [input, name + "_weight"], [product]);
        }
        if (bias)
        {
            graph.Weights(name + "_bias", Draw(outputs), outputs).Node("Add", [product, name + "_bias"], [output]);
        }
    }

    /// <summary>As ONNX Runtime's dynamic quantisation writes it: weights in 8 bits with a scale per column, the input quantised on the fly.</summary>
    private static void QuantizedProduct(TinyOnnx graph, string input, string product, string name, float[] weights, int inputs, int outputs)
    {
        float[] scales = new float[outputs];
        for (int i = 0; i < weights.Length; i++)
        {
            scales[i % outputs] = MathF.Max(scales[i % outputs], MathF.Abs(weights[i]) / sbyte.MaxValue);
        }
        sbyte[] quantized = new sbyte[weights.Length];
        for (int i = 0; i < weights.Length; i++)
        {
            quantized[i] = (sbyte)MathF.Round(weights[i] / scales[i % outputs]);
        }
        graph.SignedBytes(name + "_quantized", quantized, inputs, outputs).Weights(name + "_scale", scales, outputs)
            .Node("DynamicQuantizeLinear", [input], [product + "_x", product + "_x_scale", product + "_x_zero"])
            .Node("MatMulInteger", [product + "_x", name + "_quantized", product + "_x_zero"], [product + "_sums"])
            .Node("Cast", [product + "_sums"], [product + "_floats"], ("to", TinyOnnx.Float))
            .Node("Mul", [product + "_x_scale", name + "_scale"], [product + "_scale"])
            .Node("Mul", [product + "_floats", product + "_scale"], [product]);
    }

    // Of the spread that transformers are initialised with.
    private float[] Draw(int count)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = 0.07f * (_random.NextSingle() - 0.5f);
        }
        return values;
    }
}
