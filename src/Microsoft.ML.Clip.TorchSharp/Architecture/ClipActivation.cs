namespace Microsoft.ML.Clip;

/// <summary>The activation inside the Transformer blocks.</summary>
public enum ClipActivation
{
    /// <summary>x · sigmoid(1.702 x), as in OpenAI's models.</summary>
    QuickGelu,

    /// <summary>x · Φ(x), the exact form with the error function.</summary>
    Gelu,
}
