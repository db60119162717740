namespace Microsoft.ML.Clip;

/// <summary>A frame of a video, and whether it was classified right.</summary>
/// <param name="Anchor">Which neighbourhood it belongs to: the name of its anchor frame.</param>
/// <param name="Offset">How many frames behind the anchor it stands, negative before it; 0 is the anchor itself.</param>
/// <param name="IsHit">Whether it was right.</param>
public readonly record struct ClipFrame(string Anchor, int Offset, bool IsHit);
