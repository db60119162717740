namespace Microsoft.ML.Clip;

/// <summary>An arrow in a plot, from what was to what is: of a model before and after it was adapted, for instance (Radford et al. 2021, figure 14).</summary>
/// <param name="FromX">Where it begins, on the horizontal axis.</param>
/// <param name="FromY">Where it begins, on the vertical axis.</param>
/// <param name="ToX">Where it ends, on the horizontal axis.</param>
/// <param name="ToY">Where it ends, on the vertical axis.</param>
/// <param name="Label">What it is for, written beside it; <see langword="null"/> for nothing.</param>
public readonly record struct ClipPlotArrow(double FromX, double FromY, double ToX, double ToY, string? Label = null);
