namespace Microsoft.ML.Clip;

/// <summary>How what an encoder gives out for each place of an image or a text becomes one vector.</summary>
public enum ClipTowerPooling
{
    /// <summary>
    /// As most encoders of the kind want it: one vector is taken as it is, [N, C, H, W] is averaged over height and width, [N, T, C] of an image is taken
    /// at its first token (the class token of a vision transformer), and of a text averaged over its tokens.
    /// </summary>
    Automatic,

    /// <summary>The mean over all places; over those of a text that are no padding.</summary>
    Average,

    /// <summary>The first token: BERT's [CLS], the class token of a vision transformer.</summary>
    First,
}
