using System.Net;

namespace PhotoSearch;

/// <summary>What the program was started with.</summary>
internal sealed record Settings
{
    /// <summary>The folder of photographs. Nothing is ever written there.</summary>
    public required string Folder { get; init; }

    /// <summary>Where the database lies.</summary>
    public required string Data { get; init; }

    /// <summary>Who can reach the page: this machine alone, or whoever reaches the address.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0 for any that is free.</summary>
    public int Port { get; init; } = 5080;

    /// <summary>The most pixels of an image, by its header, and the most bytes of one that comes from the page.</summary>
    public long MaximumPixels { get; init; } = 50_000_000;

    public long MaximumUpload { get; init; } = 20_000_000;

    /// <summary>How long until the folder is listed again without news of it.</summary>
    public TimeSpan Relist { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long until a folder that could not be reached is looked for again.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long files get to come whole after the first news of them.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the embedding of a file that is gone is kept: a disk may come back.</summary>
    public TimeSpan KeepMissing { get; init; } = TimeSpan.FromDays(30);
}
