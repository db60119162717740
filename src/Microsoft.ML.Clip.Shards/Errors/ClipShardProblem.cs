namespace Microsoft.ML.Clip;

/// <summary>What kept a shard, a plan or a merge from being done, for programs that react to it: a scheduler's exit code, above all.</summary>
public enum ClipShardProblem
{
    /// <summary>Nothing of the other kinds: the disk, the network. Trying again may help.</summary>
    Transient,

    /// <summary>The disk has no space left. Trying again may help when there is some.</summary>
    NoSpace,

    /// <summary>Inputs are missing, cannot be read, or are none.</summary>
    Input,

    /// <summary>Inputs are no longer those that the plan was made of.</summary>
    InputChanged,

    /// <summary>The plan is broken, of another version, or has no such shard.</summary>
    Plan,

    /// <summary>The model is not the plan's.</summary>
    Model,

    /// <summary>A worker's number makes no sense: the fifth of four, or one that the scheduler does not tell.</summary>
    Worker,

    /// <summary>More rows of a shard failed than the budget allows.</summary>
    TooManyFailed,

    /// <summary>A marker is broken, of another plan, or its files are not those that it names.</summary>
    Marker,

    /// <summary>The output directory holds something else: another plan, results of another run.</summary>
    Output,

    /// <summary>Shards are missing that a merge needs.</summary>
    Incomplete,
}
