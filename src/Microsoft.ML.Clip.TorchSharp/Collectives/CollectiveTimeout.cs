namespace Microsoft.ML.Clip;

/// <summary>How long ranks wait for each other.</summary>
internal static class CollectiveTimeout
{
    /// <summary>Longer than reading rows, an evaluation or a checkpoint of another rank should take.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromMinutes(30);

    /// <exception cref="ArgumentOutOfRangeException">It is zero, negative, or longer than the system's clocks count.</exception>
    public static TimeSpan Of(TimeSpan? timeout)
    {
        var time = timeout ?? Default;
        return time == Timeout.InfiniteTimeSpan || (time > TimeSpan.Zero && time.TotalMilliseconds <= int.MaxValue) ? time
            : throw new ArgumentOutOfRangeException(nameof(timeout), time, "Expected more than 0 and at most 24 days, or Timeout.InfiniteTimeSpan.");
    }
}

/// <summary>What both kinds of ranks ask of the spans of a call.</summary>
internal static class CollectiveLengths
{
    public static void Check(ICollective collective, ReadOnlySpan<byte> own, ReadOnlySpan<byte> all)
    {
        if (all.Length != (long)own.Length * collective.Size)
        {
            throw new ArgumentException(
                $"{nameof(all)} takes {own.Length:N0} bytes of each of {collective.Size} ranks, {(long)own.Length * collective.Size:N0}, but has {all.Length:N0}.", nameof(all));
        }
    }
}
