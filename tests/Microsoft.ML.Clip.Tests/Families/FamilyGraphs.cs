namespace Microsoft.ML.Clip.Tests;

/// <summary>The ONNX graphs of a <see cref="FamilyModel"/>, with the names and types of real exports.</summary>
internal static class FamilyGraphs
{
    private const string Mask = "attention_mask";

    public static TinyOnnx Image(FamilyModel model, ImagePorts ports)
    {
        var graph = new TinyOnnx();
        AddImageInput(graph, ports);
        AddImageTower(graph, model, ports);
        if (ports.LastHiddenState)
        {
            graph.Output("last_hidden_state", TinyOnnx.Float, "batch_size", "patches", model.ImageWidth);
        }
        return graph.Output(ports.Output, TinyOnnx.Float, ports.IsFixed ? 1 : "batch_size", model.Dimension);
    }

    public static TinyOnnx Text(FamilyModel model, TextPorts ports)
    {
        var graph = new TinyOnnx();
        AddTextInputs(graph, ports);
        AddTextTower(graph, model, ports);
        if (ports.LastHiddenState)
        {
            graph.Output("last_hidden_state", TinyOnnx.Float, ports.Batch, ports.Length, FamilyModel.TextWidth);
        }
        return graph.Output(ports.Output, TinyOnnx.Float, ports.Batch, model.Dimension);
    }

    /// <summary>Optimum's whole graph: both towers, normalised, and exp(t) · cosines, for SigLIP plus a bias.</summary>
    public static TinyOnnx Whole(FamilyModel model, bool takesMask, float t, float? bias = null)
    {
        var graph = Towers(model, takesMask, normalized: true);
        string logits = bias is null ? "logits_per_text" : "scaled";
        graph.Weights("logit_scale", [t]).Node("Exp", ["logit_scale"], ["scale"])
            .Node("Transpose", ["image_embeds"], ["image_embeds_T"], ("perm", new[] { 1, 0 }))
            .Node("MatMul", ["text_embeds", "image_embeds_T"], ["cosines"])
            .Node("Mul", ["cosines", "scale"], [logits]);
        if (bias is { } b)
        {
            graph.Weights("logit_bias", [b], 1).Node("Add", ["scaled", "logit_bias"], ["logits_per_text"]);
        }
        return graph.Node("Transpose", ["logits_per_text"], ["logits_per_image"], ("perm", new[] { 1, 0 }))
            .Output("logits_per_image", TinyOnnx.Float, "image_batch_size", "text_batch_size")
            .Output("logits_per_text", TinyOnnx.Float, "text_batch_size", "image_batch_size");
    }

    /// <summary>Both towers in one graph; Optimum's for sentence-transformers has no more, and does not normalise.</summary>
    public static TinyOnnx Towers(FamilyModel model, bool takesMask, bool normalized)
    {
        var graph = new TinyOnnx();
        var image = ImagePorts.HuggingFace with { Normalized = normalized };
        var text = TextPorts.HuggingFace with { Normalized = normalized, TakesMask = takesMask, Batch = "text_batch_size" };
        AddTextInputs(graph, text with { TakesMask = false });
        AddImageInput(graph, image);
        if (takesMask)
        {
            graph.Input(Mask, TinyOnnx.Int64, text.Batch, text.Length);
        }
        AddImageTower(graph, model, image);
        AddTextTower(graph, model, text);
        return graph.Output("text_embeds", TinyOnnx.Float, "text_batch_size", model.Dimension).Output("image_embeds", TinyOnnx.Float, "image_batch_size", model.Dimension);
    }

    /// <summary>jina-clip's whole graph: both towers as they are and normalised, no logits, no mask.</summary>
    public static TinyOnnx Jina(FamilyModel model)
    {
        var graph = new TinyOnnx();
        var image = new ImagePorts("pixel_values", "image_embeddings");
        var text = new TextPorts("input_ids", "text_embeddings");
        AddTextInputs(graph, text);
        AddImageInput(graph, image);
        AddImageTower(graph, model, image);
        AddTextTower(graph, model, text);
        foreach (string tower in (string[])["text", "image"])
        {
            Normalize(graph, $"{tower}_embeddings", $"l2norm_{tower}_embeddings");
        }
        return graph.Output("text_embeddings", TinyOnnx.Float, "batch_size", model.Dimension).Output("image_embeddings", TinyOnnx.Float, "batch_size", model.Dimension)
            .Output("l2norm_text_embeddings", TinyOnnx.Float, "batch_size", model.Dimension)
            .Output("l2norm_image_embeddings", TinyOnnx.Float, "batch_size", model.Dimension);
    }

    private static void AddImageInput(TinyOnnx graph, ImagePorts ports)
    {
        const int Size = FamilyModel.ImageSize;
        object[] axes = ports.IsFixed ? [1, 3, Size, Size] : ["batch_size", "num_channels", "height", "width"];
        graph.Input(ports.Input, TinyOnnx.Float, axes);
    }

    private static void AddTextInputs(TinyOnnx graph, TextPorts ports)
    {
        graph.Input(ports.Input, ports.IdType, ports.Batch, ports.Length);
        if (ports.TakesMask)
        {
            graph.Input(Mask, ports.IdType, ports.Batch, ports.Length);
        }
    }

    private static void AddImageTower(TinyOnnx graph, FamilyModel model, ImagePorts ports)
    {
        const int Patch = FamilyModel.Patch, Patches = FamilyModel.ImageSize / Patch * (FamilyModel.ImageSize / Patch);
        const string Weights = "vision_model.embeddings.";
        int width = model.ImageWidth;
        graph.Weights(Weights + "patch_embedding.weight", model.Weights("image.patch", width * 3 * Patch * Patch, 0.5f), width, 3, Patch, Patch)
            .Weights(Weights + "patch_embedding.bias", model.Weights("image.patch_bias", width), width)
            .Weights(Weights + "position_embedding.weight", model.Weights("image.positions", Patches * width, 2), Patches, width)
            .Weights(Weights + "class_embedding", model.Weights("image.class", width), width)
            .Integers("v_flat", [0, width, -1], 3)
            .Node("Conv", [ports.Input, Weights + "patch_embedding.weight", Weights + "patch_embedding.bias"], ["v_convolved"],
                ("kernel_shape", new[] { Patch, Patch }), ("strides", new[] { Patch, Patch }))
            .Node("Reshape", ["v_convolved", "v_flat"], ["v_flattened"])
            .Node("Transpose", ["v_flattened"], ["v_patches"], ("perm", new[] { 0, 2, 1 }));
        string hidden = ports.LastHiddenState ? "last_hidden_state" : "v_hidden";
        graph.Node("Mul", ["v_patches", Weights + "position_embedding.weight"], [hidden])
            .Node("ReduceMean", [hidden], ["v_mean"], ("axes", new[] { 1 }), ("keepdims", 0))
            .Node("Add", ["v_mean", Weights + "class_embedding"], ["v_pooled"]);
        AddEnd(graph, model, "image", "v_pooled", width, ports.Output, ports.Normalized, hasBias: false);
    }

    private static void AddTextTower(TinyOnnx graph, FamilyModel model, TextPorts ports)
    {
        const string Weights = "text_model.embeddings.";
        int width = FamilyModel.TextWidth;
        graph.Weights(Weights + "token_embedding.weight", model.Weights("text.tokens", model.Vocabulary * width, 2), model.Vocabulary, width)
            .Weights(Weights + "position_embedding.weight", model.Weights("text.positions", model.Places * width), model.Places, width)
            .Weights("text_model.mix", model.Weights("text.mix", model.Places * width, 2), model.Places, width)
            .Integers("t_from", [0], 1).Integers("t_one", [1], 1).Integers("t_two", [2], 1).Integers("t_axis", [1])
            .Node("Cast", [ports.Input], ["t_ids"], ("to", TinyOnnx.Int64))
            .Node("Shape", ["t_ids"], ["t_shape"])
            .Node("Slice", ["t_shape", "t_one", "t_two"], ["t_length"])
            .Node("Slice", [Weights + "position_embedding.weight", "t_from", "t_length"], ["t_positions"])
            .Node("Slice", ["text_model.mix", "t_from", "t_length"], ["t_mix"])
            .Node("Gather", [Weights + "token_embedding.weight", "t_ids"], ["t_tokens"], ("axis", 0))
            .Node("Add", ["t_tokens", "t_positions"], ["t_placed"])
            .Node("Mul", ["t_placed", "t_mix"], ["t_mixed"]);
        string seen = AddSight(graph, model, ports);
        graph.Node("Mul", ["t_mixed", "t_mask"], ["t_masked"]);
        if (model.Pooling == FamilyPooling.ClassToken)
        {
            graph.Weights("text_model.cls_emb", model.Weights("text.class", width), width).Node("ReduceSum", ["t_masked", "t_one"], ["t_all"], ("keepdims", 0))
                .Node("Add", ["t_all", "text_model.cls_emb"], ["t_pooled"]);
        }
        else
        {
            _ = model.Sees == FamilySight.Before
                ? graph.Node("CumSum", ["t_masked", "t_axis"], ["t_sum"])
                : graph.Node("ReduceSum", ["t_masked", "t_one"], ["t_sum"], ("keepdims", 1));
            string hidden = ports.LastHiddenState ? "last_hidden_state" : "t_hidden";
            graph.Node("Add", ["t_placed", "t_sum"], [hidden]);
            AddPooling(graph, model, hidden, seen);
        }
        AddEnd(graph, model, "text", "t_pooled", width, ports.Output, ports.Normalized, model.ProjectionBias);
    }

    /// <summary>Makes t_mask, [batch, length, 1], and returns its name.</summary>
    private static string AddSight(TinyOnnx graph, FamilyModel model, TextPorts ports)
    {
        if (ports.TakesMask)
        {
            graph.Node("Cast", [Mask], ["t_seen"], ("to", TinyOnnx.Float));
        }
        else
        {
            // Without a mask the graph makes its own of the ids, or sees all: no id is -1.
            graph.Integers("t_pad", [model.Sees == FamilySight.OtherIds ? model.PadId : -1]).Node("Equal", ["t_ids", "t_pad"], ["t_is_pad"])
                .Node("Not", ["t_is_pad"], ["t_is_seen"]).Node("Cast", ["t_is_seen"], ["t_seen"], ("to", TinyOnnx.Float));
        }
        graph.Node("Unsqueeze", ["t_seen", "t_two"], ["t_mask"]);
        return "t_mask";
    }

    private static void AddPooling(TinyOnnx graph, FamilyModel model, string hidden, string seen)
    {
        switch (model.Pooling)
        {
            case FamilyPooling.Mean:
                graph.Node("Mul", [hidden, seen], ["t_kept"]).Node("ReduceSum", ["t_kept", "t_one"], ["t_total"], ("keepdims", 0))
                    .Node("ReduceSum", [seen, "t_one"], ["t_count"], ("keepdims", 0)).Node("Div", ["t_total", "t_count"], ["t_pooled"]);
                break;
            case FamilyPooling.FirstPlace or FamilyPooling.LastPlace:
                graph.Integers("t_place", [model.Pooling == FamilyPooling.FirstPlace ? 0 : -1]).Node("Gather", [hidden, "t_place"], ["t_pooled"], ("axis", 1));
                break;
            default:
                string by = "t_ids";
                if (model.Pooling == FamilyPooling.EndId)
                {
                    graph.Integers("t_end_id", [model.EndId]).Node("Equal", ["t_ids", "t_end_id"], ["t_is_end"]).Node("Cast", ["t_is_end"], ["t_ends"], ("to", TinyOnnx.Int32));
                    by = "t_ends";
                }
                graph.Node("ArgMax", [by], ["t_end"], ("axis", 1), ("keepdims", 1)).Node("GatherND", [hidden, "t_end"], ["t_pooled"], ("batch_dims", 1));
                break;
        }
    }

    private static void AddEnd(TinyOnnx graph, FamilyModel model, string tower, string pooled, int width, string output, bool normalized, bool hasBias)
    {
        int dimension = model.Dimension;
        bool projects = dimension != width;
        string projected = normalized ? $"{tower}_projected" : output, features = projects ? $"{tower}_tower_features" : projected;
        float[] norm = [.. model.Weights($"{tower}.norm", width).Select(w => 1 + w)];
        graph.Weights($"{tower}_norm.weight", norm, width).Weights($"{tower}_norm.bias", model.Weights($"{tower}.norm_bias", width), width)
            .Node("LayerNormalization", [pooled, $"{tower}_norm.weight", $"{tower}_norm.bias"], [features], ("axis", -1), ("epsilon", 1e-5f));
        if (projects)
        {
            graph.Weights($"{tower}_projection", model.Weights($"{tower}.projection", width * dimension, 2), width, dimension)
                .Node("MatMul", [features, $"{tower}_projection"], [hasBias ? $"{tower}_product" : projected]);
            if (hasBias)
            {
                graph.Weights($"{tower}_projection_bias", model.Weights($"{tower}.projection_bias", dimension), dimension)
                    .Node("Add", [$"{tower}_product", $"{tower}_projection_bias"], [projected]);
            }
        }
        if (normalized)
        {
            Normalize(graph, projected, output);
        }
    }

    private static void Normalize(TinyOnnx graph, string vector, string output) =>
        graph.Node("ReduceL2", [vector], [output + "_norm"], ("axes", new[] { -1 }), ("keepdims", 1)).Node("Div", [vector, output + "_norm"], [output]);
}
