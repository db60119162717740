namespace Microsoft.ML.Clip;

/// <summary>
/// An image could not be read: it is missing, empty, truncated, too large, or no image at all. The message says what was expected and what was found.
/// </summary>
public sealed class ClipImageException : ClipException
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public ClipImageException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong with the image: what was expected and what was found.</param>
    public ClipImageException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong with the image: what was expected and what was found.</param>
    /// <param name="innerException">The error that led to this one.</param>
    public ClipImageException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
