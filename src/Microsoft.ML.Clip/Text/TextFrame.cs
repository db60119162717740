namespace Microsoft.ML.Clip;

/// <summary>The ids around those of a text.</summary>
/// <param name="Start">What stands before it; null if nothing does.</param>
/// <param name="End">What stands behind it.</param>
/// <param name="Pad">What fills the context behind the end.</param>
internal sealed record TextFrame(int? Start, int End, int Pad)
{
    /// <summary>How many places start and end take.</summary>
    public int Length => Start is null ? 1 : 2;
}

/// <summary>What a family of models says of its frame. Its files say it too, mostly, and then they are believed, but for the padding.</summary>
/// <param name="Start">The token before a text where the files name none; null if there is none, whatever token they name for other uses.</param>
/// <param name="End">The token behind a text where the files name none.</param>
/// <param name="PadId">The id that fills the context, whatever the files say; null if they decide, and failing that the end token pads.</param>
internal sealed record FrameRule(string? Start, string End, int? PadId = null)
{
    /// <summary>Whether the model knows canonical texts only, so that <see cref="ClipTextCleaning.Canonical"/> is its default.</summary>
    public bool IsCanonical { get; init; }

    /// <summary>OpenAI's models.</summary>
    public static FrameRule Clip { get; } = new(ClipTokens.StartOfText, ClipTokens.EndOfText);
}
