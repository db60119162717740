namespace Microsoft.ML.Clip;

/// <summary>How the size of the resized image follows from the size of the image.</summary>
internal enum ClipResizeMode
{
    /// <summary>No resize; crop or pad only.</summary>
    None,

    /// <summary>The shorter edge gets the target's length, the aspect ratio stays.</summary>
    Shortest,

    /// <summary>The image fits into the target, the aspect ratio stays; what is missing is filled.</summary>
    Longest,

    /// <summary>Both edges get the target's length, whatever the aspect ratio.</summary>
    Squash,
}
