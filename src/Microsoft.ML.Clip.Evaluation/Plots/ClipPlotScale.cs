namespace Microsoft.ML.Clip;

/// <summary>How an axis is divided.</summary>
public enum ClipPlotScale
{
    /// <summary>Evenly.</summary>
    Linear,

    /// <summary>By the logarithm; values are above 0.</summary>
    Logarithmic,

    /// <summary>By ln(a / (1 - a)), on which accuracies of different models lie on lines (Taori et al. 2020); values are above 0 and below 1.</summary>
    Logit,

    /// <summary>
    /// Labelled images per class: 0, then from 1 on by the logarithm, and last, behind a gap, the whole set (<see cref="ClipPlotAxis.WholeSet"/>). Radford et al. 2021, figure 6.
    /// </summary>
    Shots,

    /// <summary>One place for each of <see cref="ClipPlotAxis.Names"/>, from 0.</summary>
    Names,
}
