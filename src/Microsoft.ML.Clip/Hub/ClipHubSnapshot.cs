using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>A commit of a repository that is in the cache, whole or in part.</summary>
public sealed record ClipHubSnapshot
{
    /// <summary>The id of the repository, as <see cref="ClipModel.FromHub"/> takes it; that of a data set begins with <c>datasets/</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The commit, 40 hexadecimal digits.</summary>
    public required string Commit { get; init; }

    /// <summary>The branches and tags that were this commit when they were last asked for.</summary>
    public required IReadOnlyList<string> Revisions { get; init; }

    /// <summary>The directory of the files, under their names in the repository.</summary>
    public required string Directory { get; init; }

    /// <summary>The names of the files that are there.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The bytes of these files. Two snapshots share the files that are equal, so that removing one may free less.</summary>
    public required long Bytes { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
