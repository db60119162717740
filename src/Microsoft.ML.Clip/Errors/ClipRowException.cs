namespace Microsoft.ML.Clip;

/// <summary>A pipeline step could not use the value of a row: a text that is too long, an embedding of another length, ...</summary>
public sealed class ClipRowException : ClipException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which row and column, what was expected and what was found.</param>
    /// <param name="innerException">The cause, if the message does not say all of it.</param>
    public ClipRowException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the value is what an earlier step gives for a row that failed there.</summary>
    internal bool IsEarlierSteps { get; init; }
}
