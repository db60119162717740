namespace Microsoft.ML.Clip;

/// <summary>A training that cannot go on: what was found is in the message, and the last good checkpoint is still there.</summary>
public sealed class ClipTrainingException : ClipException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">What was found, and where.</param>
    /// <param name="innerException">The cause.</param>
    public ClipTrainingException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
