namespace Microsoft.ML.Clip.Tests;

/// <summary>The ONNX graphs of <see cref="TinyClip"/>: operators and names as Hugging Face's and open_clip's exporters choose them.</summary>
internal static class TinyClipGraphs
{
    private const string Pixels = "pixel_values", Ids = "input_ids", Mask = "attention_mask";

    public static TinyOnnx Image(TinyClip clip, string? externalData, bool normalized)
    {
        var (graph, options) = (New(clip, externalData), clip.Options);
        string input = options.Immich ? "image" : Pixels, output = options.Immich ? "output" : "image_embeds";
        PixelInput(graph, options, input, "batch_size");
        if (options.UnusedWeights)
        {
            graph.Weights("left_over", new float[4], 4);
        }
        ImageTower(graph, clip, input, output, normalized, options.PoolerOutput && !options.Immich);
        Output(graph, options, output, "batch_size", options.EmbeddingDimension);
        if (options.PoolerOutput && !options.Immich)
        {
            graph.Output("last_hidden_state", TinyOnnx.Float, "batch_size", 1, TinyClip.ImageWidth)
                .Output("pooler_output", TinyOnnx.Float, Batch(options, "batch_size"), TinyClip.ImageWidth);
        }
        return graph;
    }

    public static TinyOnnx Text(TinyClip clip, string? externalData, bool normalized)
    {
        var (graph, options) = (New(clip, externalData), clip.Options);
        string input = options.Immich ? "text" : Ids, output = options.Immich ? "output" : "text_embeds";
        IdInputs(graph, options, input, "batch_size");
        TextTower(graph, clip, input, output, normalized);
        Output(graph, options, output, "batch_size", options.TextEmbeddingDimension ?? options.EmbeddingDimension);
        return graph;
    }

    public static TinyOnnx Both(TinyClip clip, string? externalData)
    {
        var (graph, options) = (New(clip, externalData), clip.Options);
        IdInputs(graph, options, Ids, "text_batch_size");
        PixelInput(graph, options, Pixels, "image_batch_size");
        ImageTower(graph, clip, Pixels, "image_embeds", normalized: true, named: false);
        TextTower(graph, clip, Ids, "text_embeds", normalized: true);
        var (image, text) = options.Float16 ? ("image_embeds_32", "text_embeds_32") : ("image_embeds", "text_embeds");
        graph.Weights("logit_scale", [MathF.Log(options.LogitScale)])
            .Node("Transpose", [image], ["image_embeds_T"], ("perm", new[] { 1, 0 }))
            .Node("MatMul", [text, "image_embeds_T"], ["cosines"])
            .Node("Exp", ["logit_scale"], ["scale"])
            .Node("Mul", ["cosines", "scale"], ["logits_per_text"])
            .Node("Transpose", ["logits_per_text"], ["logits_per_image"], ("perm", new[] { 1, 0 }))
            .Output("logits_per_image", TinyOnnx.Float, "image_batch_size", "text_batch_size")
            .Output("logits_per_text", TinyOnnx.Float, "text_batch_size", "image_batch_size");
        Output(graph, options, "text_embeds", "text_batch_size", options.EmbeddingDimension);
        Output(graph, options, "image_embeds", "image_batch_size", options.EmbeddingDimension);
        return graph;
    }

    private static void ImageTower(TinyOnnx graph, TinyClip clip, string input, string output, bool normalized, bool named)
    {
        int half = clip.Options.ImageSize / 2;
        var (hidden, pooled) = named ? ("last_hidden_state", "pooler_output") : ("v_hidden", "v_pooled");
        graph.Weights("v_norm", clip.ImageNormWeight, TinyClip.ImageWidth).Weights("v_norm_bias", new float[TinyClip.ImageWidth], TinyClip.ImageWidth)
            .Weights("v_projection", clip.ImageProjection, TinyClip.ImageWidth, clip.Options.EmbeddingDimension)
            .Integers("v_zero", [0]).Integers("v_one", [1], 1)
            .Node("Cast", [input], ["v_pixels"], ("to", TinyOnnx.Float))
            .Node("AveragePool", ["v_pixels"], ["v_quarters"], ("kernel_shape", new[] { half, half }), ("strides", new[] { half, half }))
            .Node("Flatten", ["v_quarters"], ["v_flat"], ("axis", 1))
            .Node("Unsqueeze", ["v_flat", "v_one"], [hidden])
            .Node("Gather", [hidden, "v_zero"], ["v_class_token"], ("axis", 1))
            .Node("LayerNormalization", ["v_class_token", "v_norm", "v_norm_bias"], [pooled], ("axis", -1), ("epsilon", 1e-5f));
        if (clip.Options.ProjectionBias)
        {
            graph.Weights("v_bias", clip.ImageBias, clip.Options.EmbeddingDimension);
        }
        string[] operands = clip.Options.ProjectionBias ? [pooled, "v_projection", "v_bias"] : [pooled, "v_projection"];
        graph.Node(clip.Options.ProjectionBias ? "Gemm" : "MatMul", operands, ["v_projected"]);
        Finish(graph, clip.Options, "v_projected", output, normalized);
    }

    private static void TextTower(TinyOnnx graph, TinyClip clip, string input, string output, bool normalized)
    {
        int width = TinyClip.TextWidth;
        graph.Weights("t_embedding", clip.TokenEmbeddings, TinyTokenizerFiles.VocabularySize, width)
            .Weights("t_norm", clip.TextNormWeight, width).Weights("t_norm_bias", new float[width], width)
            .Weights("t_projection", clip.TextProjection, width, clip.TextProjection.Length / width)
            .Integers("t_axis", [1])
            .Node("Gather", ["t_embedding", input], ["t_embedded"], ("axis", 0));
        string embedded = "t_embedded";
        if (clip.Options.AttentionMask)
        {
            graph.Integers("t_last", [2], 1).Node("Cast", [Mask], ["t_mask"], ("to", TinyOnnx.Float)).Node("Unsqueeze", ["t_mask", "t_last"], ["t_mask_column"])
                .Node("Mul", [embedded, "t_mask_column"], ["t_masked"]);
            embedded = "t_masked";
        }
        if (clip.Options.SeesPadding)
        {
            graph.Node("ReduceSum", [embedded, "t_axis_list"], ["t_all"], ("keepdims", 1)).Node("Add", [embedded, "t_all"], ["t_aware"])
                .Integers("t_axis_list", [1], 1);
            embedded = "t_aware";
        }
        if (clip.Options.NeedsWholeContext)
        {
            graph.Weights("t_positions", new float[clip.Options.ContextLength * width], 1, clip.Options.ContextLength, width)
                .Node("Add", [embedded, "t_positions"], ["t_placed"]);
            embedded = "t_placed";
        }
        string pooledBy = input;
        if (clip.Options.PoolAtEndToken)
        {
            graph.Integers("t_end_token", [TinyTokenizerFiles.EndOfText]).Node("Equal", [input, "t_end_token"], ["t_is_end"])
                .Node("Cast", ["t_is_end"], ["t_ends"], ("to", TinyOnnx.Int32));
            pooledBy = "t_ends";
        }
        graph.Node("CumSum", [embedded, "t_axis"], ["t_sum"]).Node("CumSum", ["t_sum", "t_axis"], ["t_state"])
            .Node("ArgMax", [pooledBy], ["t_end"], ("axis", 1), ("keepdims", 1))
            .Node("GatherND", ["t_state", "t_end"], ["t_pooled"], ("batch_dims", 1))
            .Node("LayerNormalization", ["t_pooled", "t_norm", "t_norm_bias"], ["t_features"], ("axis", -1), ("epsilon", 1e-5f))
            .Node("MatMul", ["t_features", "t_projection"], ["t_projected"]);
        Finish(graph, clip.Options, "t_projected", output, normalized);
    }

    private static void Finish(TinyOnnx graph, TinyClipOptions options, string projected, string output, bool normalized)
    {
        string result = options.Float16 ? output + "_32" : output;
        graph.Node("ReduceL2", [projected], [output + "_norm"], ("axes", new[] { -1 }), ("keepdims", 1));
        graph.Node(normalized ? "Div" : "Identity", normalized ? [projected, output + "_norm"] : [projected], [result]);
        if (options.Float16)
        {
            graph.Node("Cast", [result], [output], ("to", TinyOnnx.Float16));
        }
    }

    private static TinyOnnx New(TinyClip clip, string? externalData)
    {
        var graph = new TinyOnnx { ExternalDataName = externalData };
        return clip.Options.RecordedLogitScale is { } scale ? graph.Metadata("logit_scale", scale) : graph;
    }

    private static void PixelInput(TinyOnnx graph, TinyClipOptions options, string name, string batch) =>
        graph.Input(name, options.Float16 ? TinyOnnx.Float16 : TinyOnnx.Float, Batch(options, batch), 3, options.ImageSize, options.ImageSize);

    private static void IdInputs(TinyOnnx graph, TinyClipOptions options, string name, string batch)
    {
        object length = options.StaticSequence ? options.ContextLength : "sequence_length";
        int type = options.Int32Ids || options.Immich ? TinyOnnx.Int32 : TinyOnnx.Int64;
        graph.Input(name, type, Batch(options, batch), length);
        if (options.AttentionMask)
        {
            graph.Input(Mask, type, Batch(options, batch), length);
        }
    }

    private static void Output(TinyOnnx graph, TinyClipOptions options, string name, string batch, int width) =>
        graph.Output(name, options.Float16 ? TinyOnnx.Float16 : TinyOnnx.Float, Batch(options, batch), width);

    private static object Batch(TinyClipOptions options, string name) => options.StaticBatch is { } batch ? batch : name;
}
