namespace Microsoft.ML.Clip;

/// <summary>
/// A model or a data set could not be had from a hub. The message says what was asked for, what came, and what to do; <see cref="Problem"/> says it for programs.
/// </summary>
public sealed class ClipHubException : ClipException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="problem">What kind of problem it is.</param>
    /// <param name="repository">The id of the repository, as the caller gave it.</param>
    /// <param name="message">What was asked for, what came, and what to do.</param>
    /// <param name="innerException">The cause, if another exception was.</param>
    public ClipHubException(ClipHubProblem problem, string repository, string message, Exception? innerException = null)
        : base(message, innerException) => (Problem, Repository, Cause) = (problem, repository, innerException);

    /// <summary>What kind of problem it is.</summary>
    public ClipHubProblem Problem { get; }

    /// <summary>The id of the repository.</summary>
    public string Repository { get; }
}
