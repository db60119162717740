namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Whether a few channels of a transformer are 20 to 60 times as large as the others, as published for CLIP and its like.</summary>
internal enum Outliers
{
    /// <summary>All are alike.</summary>
    None,

    /// <summary>Six gains of every normalisation in a layer are, and what follows sees it: the outliers are most of what there is to know.</summary>
    Gains,

    /// <summary>The same, but the weights behind are smaller by as much: the function without outliers, with activations that have them.</summary>
    SameFunction,
}
