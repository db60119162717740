namespace Microsoft.ML.Clip;

/// <summary>An encoder gave no usable embedding for a row: not a number, infinite, or without direction.</summary>
public sealed class ClipEncodingException : ClipException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="row">The row's place in the batch or list, from 0.</param>
    /// <param name="message">What was wrong with it.</param>
    /// <param name="innerException">The cause, if another exception was.</param>
    public ClipEncodingException(int row, string message, Exception? innerException = null)
        : base(message, innerException) => Row = row;
}
