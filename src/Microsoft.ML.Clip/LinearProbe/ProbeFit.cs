namespace Microsoft.ML.Clip;

/// <summary>Where a fit stands.</summary>
/// <param name="Objective">sum of w_i nll_i + l2 / 2 |W|^2.</param>
/// <param name="Squares">|W|^2.</param>
/// <param name="Iterations">The steps taken.</param>
/// <param name="Gap">The estimated distance to the minimum, relative to the objective.</param>
/// <param name="Converged">Whether the tolerance is reached.</param>
internal readonly record struct ProbeFit(double Objective, double Squares, int Iterations, double Gap, bool Converged);
