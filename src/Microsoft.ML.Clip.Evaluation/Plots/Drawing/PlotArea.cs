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

    /// <summary>Where values stand, or on the edge where that is outside.</summary>
    public ScreenPoint Within(double x, double y)
    {
        var at = At(x, y);
        return new(Math.Clamp(at.X, Box.Left, Box.Right), Math.Clamp(at.Y, Box.Top, Box.Bottom));
    }

    /// <summary>Whether a place is between the axes, which it need not be where the caller chose how far they go.</summary>
    public bool Has(ScreenPoint at) => Box.Inflate(0.5, 0.5).Contains(at);
}
