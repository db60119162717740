namespace Microsoft.ML.Clip;

/// <summary>How a <see cref="SoftmaxRegression"/> trains.</summary>
/// <param name="Threads">How many threads may be used.</param>
/// <param name="HistorySize">How many steps the quasi-Newton method remembers.</param>
/// <param name="MaximumIterations">After how many iterations to give up.</param>
/// <param name="Tolerance">The estimated distance to the minimum, relative to the objective, at which to stop.</param>
/// <param name="CheckAlive">Called many times an iteration; throws to stop.</param>
internal sealed record ProbeSettings(int Threads, int HistorySize, int MaximumIterations, double Tolerance, Action? CheckAlive = null);
