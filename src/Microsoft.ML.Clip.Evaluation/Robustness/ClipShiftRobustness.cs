namespace Microsoft.ML.Clip;

/// <summary>How robust a model is to one shift.</summary>
/// <param name="Shift">The name of the shifted set.</param>
/// <param name="Accuracy">The model's accuracies.</param>
/// <param name="Expected">The accuracy on the shifted set that standard models of its accuracy have.</param>
public readonly record struct ClipShiftRobustness(string Shift, ClipShiftAccuracy Accuracy, double Expected)
{
    /// <summary>Effective robustness, ρ: how far its accuracy on the shifted set is above that; -1 to 1, in the paper in points of 100.</summary>
    public double Effective => Accuracy.Shifted - Expected;
}
