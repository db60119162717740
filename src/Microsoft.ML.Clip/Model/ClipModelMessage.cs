namespace Microsoft.ML.Clip;

/// <summary>Something that a <see cref="ClipModel"/> has to say: which execution provider runs, or that it fell back to another.</summary>
/// <param name="Kind">How serious it is.</param>
/// <param name="Text">One line of English.</param>
public sealed record ClipModelMessage(ClipModelMessageKind Kind, string Text)
{
    /// <summary>The message as one line.</summary>
    /// <returns>The kind and the text.</returns>
    public override string ToString() => $"{Kind}: {Text}";
}
