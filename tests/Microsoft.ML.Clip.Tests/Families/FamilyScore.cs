namespace Microsoft.ML.Clip.Tests;

/// <summary>What a model makes of its cosines, as tests ask for it.</summary>
internal static class FamilyScore
{
    public static ClipModelOptions With(ClipModelOptions options, float scale, float bias)
    {
        options = options with { LogitScale = scale };
        typeof(ClipModelOptions).GetProperty("LogitBias")?.SetValue(options, bias);
        return options;
    }

    public static float Bias(ClipModel model) => (float)(typeof(ClipModel).GetProperty("LogitBias")?.GetValue(model) ?? float.NaN);

    public static ClipScoreKind? Kind(ClipModel model) => (ClipScoreKind?)typeof(ClipModel).GetProperty("ScoreFunction")?.GetValue(model);
}
