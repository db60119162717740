using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>How a worker goes about its shards. None of it changes what comes out.</summary>
public sealed record ClipShardWorkerOptions
{
    /// <summary>The share of a shard's rows that may fail, from 0 to 1. When more have failed, the shard is given up with the list of them.</summary>
    /// <value>Default: 0.01. Of a shard of less than 100 rows none may fail then.</value>
    public double MaxFailed { get; init; } = 0.01;

    /// <summary>Told about once a second how far the shard is, on the thread that writes its results.</summary>
    /// <value>Default: <see langword="null"/>.</value>
    public IProgress<ClipShardProgress>? Progress { get; init; }

    /// <summary>Where the inputs lie on this machine, where that is not what <see cref="ClipShardInputs.Location"/> of the plan says.</summary>
    /// <value>Default: <see langword="null"/>, as the plan says.</value>
    public string? InputLocation { get; init; }

    /// <summary>
    /// Whether a shard that is done is believed only after its results were read and their hashes computed again; otherwise their lengths are compared.
    /// </summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool VerifyDone { get; init; }

    /// <summary>Whether shards are computed that are done already, or whose marker cannot be used; the new marker replaces the old one.</summary>
    /// <value>Default: <see langword="false"/>, a shard that is done is skipped, and a marker that cannot be used is an error.</value>
    public bool Redo { get; init; }

    private bool PrintMembers(StringBuilder text) => RecordText.Append(text, this);

    internal void Validate()
    {
        if (!(MaxFailed is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(MaxFailed), FormattableString.Invariant($"{nameof(MaxFailed)} is {MaxFailed}; expected 0 to 1."));
        }
    }
}
