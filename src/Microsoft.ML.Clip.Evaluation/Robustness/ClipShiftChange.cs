namespace Microsoft.ML.Clip;

/// <summary>What changed on one shift from one model to another.</summary>
/// <param name="Shift">The name of the shifted set.</param>
/// <param name="Base">The change of the accuracy on the first set, among the shift's classes; -1 to 1.</param>
/// <param name="Relative">Relative robustness, τ: the change of the accuracy on the shifted set (Taori et al. 2020).</param>
/// <param name="Effective">The change of effective robustness.</param>
public readonly record struct ClipShiftChange(string Shift, double Base, double Relative, double Effective);
