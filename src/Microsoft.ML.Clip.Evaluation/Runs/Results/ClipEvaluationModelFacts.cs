namespace Microsoft.ML.Clip;

/// <summary>What is known of a model that was measured. Immutable.</summary>
public sealed record ClipEvaluationModelFacts
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its family, if it was given.</summary>
    public string? Family { get; init; }

    /// <summary>What it was pre-trained on, if that was given.</summary>
    public string? Pretrained { get; init; }

    /// <summary>How many weights its image tower has, if that was counted; see <see cref="ClipCompute.Parameters"/>.</summary>
    public long? Parameters { get; init; }

    /// <summary>What an image costs, if that was counted; see <see cref="ClipCompute.MultiplyAdds"/>.</summary>
    public long? MultiplyAdds { get; init; }

    /// <summary>Its <see cref="ClipModel.ComputeContentHash"/>.</summary>
    public required string Hash { get; init; }

    /// <summary>The height and width of the images that it takes, in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>The length of its joint embedding.</summary>
    public required int EmbeddingDimension { get; init; }

    /// <summary>How its images are prepared, and which file of several it is.</summary>
    public required string Settings { get; init; }
}
