namespace Microsoft.ML.Clip;

/// <summary>The axis on which accuracies of different models lie on lines: ln(a / (1 - a)). Taori et al. 2020.</summary>
internal static class LogitAxis
{
    public static double Of(double rate) => Math.Log(rate / (1 - rate));

    public static double Back(double logit) => 1 / (1 + Math.Exp(-logit));
}
