namespace Microsoft.ML.Clip;

/// <summary>Whether a number of labelled images is known, or only a bound of it.</summary>
public enum ClipShotBound
{
    /// <summary>The number itself.</summary>
    Exact,

    /// <summary>Fewer: the fewest that were measured reach more.</summary>
    Fewer,

    /// <summary>More: all that there are do not reach as much.</summary>
    More,
}
