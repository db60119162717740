namespace Microsoft.ML.Clip;

/// <summary>How a model was used.</summary>
public enum ClipEvaluationKind
{
    /// <summary>Classes by their names, with the templates of the set.</summary>
    ZeroShot,

    /// <summary>The same with simpler prompts: bare names, or a single template.</summary>
    ZeroShotOtherPrompt,

    /// <summary>A linear probe on all images to train on.</summary>
    LinearProbe,

    /// <summary>Linear probes on some images of each class.</summary>
    FewShot,

    /// <summary>Images to captions and captions to images.</summary>
    Retrieval,
}
