namespace Microsoft.ML.Clip;

/// <summary>Which worker of how many.</summary>
/// <param name="Worker">From 0.</param>
/// <param name="Workers">How many there are.</param>
/// <param name="Source">The variables that say so.</param>
public sealed record ClipShardWorkerNumber(int Worker, int Workers, string Source)
{
    internal void Validate()
    {
        if (Workers < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(Workers), FormattableString.Invariant($"There are {Workers} workers; expected at least 1."));
        }
        if (Worker < 0 || Worker >= Workers)
        {
            throw new ArgumentOutOfRangeException(nameof(Worker), FormattableString.Invariant($"The worker is {Worker} of {Workers}; expected 0 to {Workers - 1}: workers are counted from 0."));
        }
    }
}
