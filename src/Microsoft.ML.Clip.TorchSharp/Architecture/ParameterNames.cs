namespace Microsoft.ML.Clip;

/// <summary>OpenAI's names of parameters that more than the network needs to know.</summary>
internal static class ParameterNames
{
    /// <summary>t, a scalar. What is recorded in files under the same name, <see cref="LogitScaleFinder.RecordedKey"/>, is exp(t).</summary>
    public const string LogitScale = "logit_scale";
}
