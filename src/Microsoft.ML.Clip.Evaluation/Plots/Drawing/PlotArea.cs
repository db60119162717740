using OxyPlot;

namespace Microsoft.ML.Clip;

/// <summary>The axes of a plot once they have their places.</summary>
/// <param name="Box">The box between the axes, in pixels.</param>
/// <param name="X">The horizontal scale.</param>
/// <param name="Y">The vertical scale.</param>
/// <param name="Place">From positions to pixels.</param>
internal sealed record PlotArea(OxyRect Box, AxisScale X, AxisScale Y, Func<double, double, ScreenPoint> Place)
{
    /// <summary>Where values stand, in pixels.</summary>
    public ScreenPoint At(double x, double y) => Place(X.Position(x), Y.Position(y));
}
