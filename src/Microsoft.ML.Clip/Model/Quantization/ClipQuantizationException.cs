namespace Microsoft.ML.Clip;

/// <summary>
/// A model of 8 bits is too far from what it was made of, by <see cref="ClipQuantizationOptions.MinimumCosine"/>, and was not written. The message holds the
/// figures; <see cref="Report"/> has them for programs.
/// </summary>
public sealed class ClipQuantizationException : ClipException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="message">What was expected and what was found.</param>
    public ClipQuantizationException(ClipQuantizationReport report, string message) : base(message) => Report = report;

    /// <summary>What was measured.</summary>
    public ClipQuantizationReport Report { get; }
}
