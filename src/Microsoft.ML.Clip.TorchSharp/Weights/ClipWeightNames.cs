namespace Microsoft.ML.Clip;

/// <summary>How a file names the parameters of a CLIP model.</summary>
public enum ClipWeightNames
{
    /// <summary>OpenAI's: <c>visual.transformer.resblocks.0.attn.in_proj_weight</c>. open_clip uses them too.</summary>
    OpenAI,

    /// <summary>
    /// Those of Hugging Face's CLIPModel: <c>vision_model.encoder.layers.0.self_attn.q_proj.weight</c>. They exist for two Transformers only.
    /// </summary>
    HuggingFace,
}
