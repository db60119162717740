namespace Microsoft.ML.Clip;

/// <summary>The ids around those of a text.</summary>
/// <param name="Start">What stands before it; null if nothing does.</param>
/// <param name="End">What stands behind it.</param>
/// <param name="Pad">What fills the context behind the end.</param>
internal sealed record TextFrame(int? Start, int End, int Pad)
{
    /// <summary>The end token's own id where <see cref="End"/> stands in its place, wherever it would; else null.</summary>
    public int? Replaced { get; init; }

    /// <summary>How many places start and end take.</summary>
    public int Length => Start is null ? 1 : 2;
}
