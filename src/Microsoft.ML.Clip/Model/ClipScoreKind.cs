namespace Microsoft.ML.Clip;

/// <summary>What a model makes of logit scale · cosine.</summary>
public enum ClipScoreKind
{
    /// <summary>
    /// softmax over the labels: they share a probability of 1, so one of them is always the most probable. CLIP; section 3.1.2 of Radford et al. 2021.
    /// </summary>
    Softmax,

    /// <summary>
    /// sigmoid(logit scale · cosine + bias) for each label by itself: all may be improbable, or several probable. SigLIP; Zhai et al. 2023, equation 1.
    /// </summary>
    Sigmoid,
}
