using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What a model's files say of it, for people: <see cref="ClipModel.Summarize"/>.</summary>
public sealed record ClipModelSummary
{
    /// <summary>What kind of CLIP it is taken for: "CLIP", "SigLIP", "open_clip", ...; a kind that is not known here is told by <see cref="ClipModel.Message"/>.</summary>
    public required string Family { get; init; }

    /// <summary>Which of several exports it is, as <see cref="ClipModelOptions.Variant"/>; <see langword="null"/> for the one without a suffix.</summary>
    public required string? Variant { get; init; }

    /// <summary>The graph that embeds images, relative to the directory; <see langword="null"/> if there is none.</summary>
    public required string? ImageFile { get; init; }

    /// <summary>The graph that embeds texts, relative to the directory; <see langword="null"/> if there is none.</summary>
    public required string? TextFile { get; init; }

    /// <summary>How an image becomes pixel values, in a line; <see langword="null"/> without an image encoder.</summary>
    public required string? Preprocessing { get; init; }

    /// <summary>What kind of tokenizer it has, in a line; <see langword="null"/> without a text encoder or without tokenizer files.</summary>
    public required string? Tokenizer { get; init; }

    /// <summary>The files that it needs, relative to the directory, with forward slashes: graphs and their weights, configuration, tokenizer.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
