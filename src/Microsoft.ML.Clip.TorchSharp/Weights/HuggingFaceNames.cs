using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>
/// The parameters of Hugging Face's CLIPModel that make one of OpenAI's. OpenAI stacks query, key and value into one matrix, and stores the projections as
/// [input, output], where CLIPModel has linear layers, [output, input].
/// </summary>
/// <param name="Names">One name, or three whose tensors are stacked along the first axis.</param>
/// <param name="Transposed">Whether the tensor is the transpose of OpenAI's.</param>
internal sealed partial record HuggingFaceNames(string[] Names, bool Transposed)
{
    private static readonly Dictionary<string, string> Singles = new()
    {
        ["visual.class_embedding"] = "vision_model.embeddings.class_embedding",
        ["visual.conv1.weight"] = "vision_model.embeddings.patch_embedding.weight",
        ["visual.positional_embedding"] = "vision_model.embeddings.position_embedding.weight",
        ["visual.proj"] = "visual_projection.weight",
        ["token_embedding.weight"] = "text_model.embeddings.token_embedding.weight",
        ["positional_embedding"] = "text_model.embeddings.position_embedding.weight",
        ["text_projection"] = "text_projection.weight",
        [ParameterNames.LogitScale] = "logit_scale",
    };

    private static readonly Dictionary<string, string> Parts = new()
    {
        // The missing letter is Hugging Face's.
        ["visual.ln_pre"] = "vision_model.pre_layrnorm",
        ["visual.ln_post"] = "vision_model.post_layernorm",
        ["ln_final"] = "text_model.final_layer_norm",
        ["ln_1"] = "layer_norm1",
        ["ln_2"] = "layer_norm2",
        ["mlp.c_fc"] = "mlp.fc1",
        ["mlp.c_proj"] = "mlp.fc2",
        ["attn.out_proj"] = "self_attn.out_proj",
    };

    /// <summary>Whether a file names its tensors in Hugging Face's way.</summary>
    public static bool AreIn(IEnumerable<string> names) => names.Any(n => n.StartsWith("vision_model.", StringComparison.Ordinal)
        || n.StartsWith("text_model.", StringComparison.Ordinal));

    /// <summary>Whether CLIPModel is such a network.</summary>
    public static bool Fit(ClipArchitecture architecture) => architecture is { Vision: ClipVisionKind.VisionTransformer, Text: ClipTextKind.Transformer };

    /// <summary>What one of OpenAI's parameters is made of.</summary>
    public static HuggingFaceNames Of(string name)
    {
        if (Singles.TryGetValue(name, out string? single))
        {
            return new([single], name is "visual.proj" or "text_projection");
        }
        if (Block().Match(name) is { Success: true } block)
        {
            string layer = $"{(block.Groups["visual"].Success ? "vision" : "text")}_model.encoder.layers.{block.Groups["layer"].Value}", kind = block.Groups["kind"].Value;
            return block.Groups["part"].Value == "attn.in_proj"
                ? new([.. "qkv".Select(role => $"{layer}.self_attn.{role}_proj.{kind}")], false)
                : new([$"{layer}.{Parts[block.Groups["part"].Value]}.{kind}"], false);
        }
        int dot = name.LastIndexOf('.');
        return dot > 0 && Parts.TryGetValue(name[..dot], out string? part) ? new([part + name[dot..]], false)
            : throw new NotSupportedException($"Hugging Face's CLIPModel has no name for '{name}': its towers are a Vision Transformer and a text Transformer.");
    }

    [GeneratedRegex(@"^(?<visual>visual\.)?transformer\.resblocks\.(?<layer>\d+)\.(?<part>ln_1|ln_2|mlp\.c_fc|mlp\.c_proj|attn\.out_proj|attn\.in_proj)[._](?<kind>weight|bias)$")]
    private static partial Regex Block();
}
