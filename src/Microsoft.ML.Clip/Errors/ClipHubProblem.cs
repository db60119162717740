namespace Microsoft.ML.Clip;

/// <summary>What kept a model or a data set from being had from a hub, for programs that react to it.</summary>
public enum ClipHubProblem
{
    /// <summary>Nothing of the other kinds: the hub refused, or answered what cannot be made sense of.</summary>
    Refused,

    /// <summary>The hub cannot be reached, or does not answer in time.</summary>
    Unreachable,

    /// <summary>There is no such repository, or it is private and the token does not open it; hubs do not say which.</summary>
    RepositoryNotFound,

    /// <summary>The repository has no such branch, tag or commit.</summary>
    RevisionNotFound,

    /// <summary>The repository has no such file.</summary>
    FileNotFound,

    /// <summary>The repository is gated: its conditions have to be accepted on its page first.</summary>
    Gated,

    /// <summary>The token is wrong or has expired.</summary>
    InvalidToken,

    /// <summary>The hub counts too many requests, for longer than is worth waiting.</summary>
    TooManyRequests,

    /// <summary>Something is not in the cache and may not be asked for: <see cref="ClipHubOptions.Offline"/>.</summary>
    NotCached,

    /// <summary>A file came twice with another content than its hash or its size says.</summary>
    WrongContent,

    /// <summary>The disk has no space left for the files.</summary>
    NoSpace,

    /// <summary>The cache cannot be written.</summary>
    Cache,

    /// <summary>The repository holds no model that can be loaded.</summary>
    NoModel,
}
