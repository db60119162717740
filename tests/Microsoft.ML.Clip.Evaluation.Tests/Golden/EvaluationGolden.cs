using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What scipy and scikit-learn make of seeded problems (eng/golden/evaluation.py).</summary>
internal sealed record EvaluationGolden(EvaluationGolden.IntervalCase[] Intervals, EvaluationGolden.RankingCase[] Rankings,
    EvaluationGolden.ClassificationCase[] Classifications, EvaluationGolden.AgreementCase[] Agreements, EvaluationGolden.CorrelationCase[] Correlations,
    EvaluationGolden.McNemarCase[] Mcnemar, EvaluationGolden.FitCase[] Fits, EvaluationGolden.BinomialCase[] Binomials)
{
    /// <summary>Both sides sum doubles, in another order.</summary>
    public const double Sums = 1e-12;

    /// <summary>Quantiles of the beta distribution, found by bisection to 1e-12 on one side and by another method on the other.</summary>
    public const double Quantiles = 1e-9;

    /// <summary>Confidences are float32 on both sides, and summed in another order.</summary>
    public const double Confidences = 1e-7;

    private static readonly JsonSerializerOptions Names = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static EvaluationGolden Instance { get; } =
        JsonSerializer.Deserialize<EvaluationGolden>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "evaluation.json")), Names)!;

    public sealed record IntervalCase(long Hits, long Count, double Confidence, double Lower, double Upper);

    public sealed record RankingCase(float[] Scores, bool[] Positive, double Auc, double AveragePrecision);

    public sealed record ClassificationCase(int[] Labels, float[][] Scores, double Accuracy, double BalancedAccuracy, double Top5,
        double CalibrationError, int[][] Confusion);

    public sealed record AgreementCase(int[] Labels, int[] First, int[] Second, double Kappa, double ErrorConsistency);

    public sealed record CorrelationCase(double[] X, double[] Y, double Spearman);

    public sealed record McNemarCase(long First, long Second, double P);

    public sealed record FitCase(double[] X, double[] Y, double Slope, double Intercept, double Correlation, double P, double Error, double Lower,
        double Upper);

    public sealed record BinomialCase(int Hits, int Count, double Rate, double Greater, double Less);
}
