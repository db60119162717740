namespace Microsoft.ML.Clip;

/// <summary>OpenAI's names of parameters that more than the network needs to know.</summary>
internal static class ParameterNames
{
    /// <summary>t, a scalar. What is recorded in files under the same name, <see cref="LogitScaleFinder.RecordedKey"/>, is exp(t).</summary>
    public const string LogitScale = "logit_scale";

    /// <summary>Whether a name is that of a batch norm's running mean or variance, which no gradient moves.</summary>
    public static bool IsStatistic(string name) => name.EndsWith(".running_mean", StringComparison.Ordinal) || name.EndsWith(".running_var", StringComparison.Ordinal);
}
