namespace Microsoft.ML.Clip;

/// <summary>How the last feature map of the modified ResNet [N, C, H, W] becomes I_f [N, C].</summary>
public enum ClipImagePooling
{
    /// <summary>Multi-head attention whose query is the mean of the positions: OpenAI's <c>visual.attnpool</c>, whose <c>c_proj</c> is W_i.</summary>
    Attention,

    /// <summary>The mean of the positions; W_i is <c>visual.proj</c>. Has no parameters and no fixed image size.</summary>
    Mean,
}
