namespace Microsoft.ML.Clip;

/// <summary>Something that a <see cref="ClipModel"/> has to say: which execution provider runs, or that it fell back to another.</summary>
public sealed record ClipModelMessage
{
    /// <summary>How serious it is.</summary>
    public required ClipModelMessageKind Kind { get; init; }

    /// <summary>One line of English.</summary>
    public required string Text { get; init; }

    /// <summary>The message as one line.</summary>
    /// <returns>The kind and the text.</returns>
    public override string ToString() => $"{Kind}: {Text}";
}
