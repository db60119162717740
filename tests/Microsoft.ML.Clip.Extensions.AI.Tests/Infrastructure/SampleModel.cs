using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The small model and the photographs that the repository carries.</summary>
public sealed class SampleModel : IDisposable
{
    /// <summary>What the tests call the model.</summary>
    public const string Id = "tiny-clip";

    /// <summary>The model's directory.</summary>
    public static string Directory { get; } = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");

    /// <summary>The model.</summary>
    public ClipModel Clip { get; } = ClipModel.Load(Directory);

    /// <summary>The path of a photograph.</summary>
    public static string Photograph(string name) => Path.Combine(BuildFacts.RepositoryRoot, "samples", "images", name);

    /// <summary>A photograph as callers of Microsoft.Extensions.AI have it.</summary>
    public static ValueTask<DataContent> Load(string name) => DataContent.LoadFromAsync(Photograph(name));

    /// <inheritdoc/>
    public void Dispose() => Clip.Dispose();
}
