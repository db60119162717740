namespace Microsoft.ML.Clip;

/// <summary>What a side of a <see cref="ClipLockedHead"/> learns by <see cref="ClipLockedMethod.Contrastive"/>.</summary>
public enum ClipLockedHeadKind
{
    /// <summary>Nothing: features are embeddings. Only for one side, whose features then give the space.</summary>
    None,

    /// <summary>A linear map, as CLIP's own projections are.</summary>
    Linear,

    /// <summary>A linear map, and a hidden layer beside it.</summary>
    Mlp,
}
