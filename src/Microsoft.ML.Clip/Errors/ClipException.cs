namespace Microsoft.ML.Clip;

/// <summary>
/// What went wrong with one value: an image, a text, an embedding, a row of a training set. The message says all of it; the properties say where, for programs.
/// </summary>
/// <remarks>
/// A pipeline step throws <see cref="InvalidOperationException"/>, as ML.NET's own do, and ML.NET may wrap that again; an exception of this family is the
/// innermost: <c>error.GetBaseException() is ClipException { Row: var row, Path: var path }</c>.
/// </remarks>
public abstract class ClipException : Exception
{
    private const int LongestPath = 300, HeadOfPath = 120, TailOfPath = 60;

    /// <summary>Creates the exception without a message of its own.</summary>
    protected ClipException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was expected and what was found.</param>
    /// <param name="innerException">The cause, if the message does not say all of it.</param>
    protected ClipException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The row of the view, or the place in the batch or list, counted from 0; <see langword="null"/> if it is not known.</summary>
    public long? Row { get; internal set; }

    /// <summary>The column of the value; <see langword="null"/> outside of pipelines.</summary>
    public string? Column { get; internal set; }

    /// <summary>The file, whole, however long; <see langword="null"/> if the value did not come from one, or it is not known.</summary>
    public string? Path { get; internal set; }

    /// <summary>What was thrown where it went wrong; its message is part of this one's. <see langword="null"/> if nothing else was.</summary>
    public Exception? Cause { get; internal set; }

    /// <inheritdoc/>
    public override string ToString() => Cause is null ? base.ToString() : $"{base.ToString()}{Environment.NewLine} Cause: {Cause}";

    /// <summary>A path as messages show it: one that is a whole file in base64 by mistake would be all there is to be read.</summary>
    internal static string Shown(string path) => path.Length <= LongestPath ? path
        : $"{path.AsSpan(0, HeadOfPath)}... ({path.Length:N0} characters) ...{path.AsSpan(path.Length - TailOfPath)}";
}
