namespace Microsoft.ML.Clip.Fuzz;

/// <summary>A reader of bytes that may come from strangers, and what it promises.</summary>
/// <param name="Name">How the command line names it.</param>
/// <param name="Format">What its inputs are made of.</param>
/// <param name="Seeds">The first inputs: good ones, and odd ones that once did harm.</param>
/// <param name="Read">Reads an input, and looks at what came of it; <see cref="WrongResultException"/> if that is not as it should be.</param>
internal sealed record Reader(string Name, IFormat Format, Func<IEnumerable<byte[]>> Seeds, Action<byte[]> Read)
{
    /// <summary>The source files, from the folder src on, whose coverage is told.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Whether an exception is one of those that the reader documents.</summary>
    public required Func<Exception, bool> IsDocumented { get; init; }

    /// <summary>The most managed bytes that reading one input may allocate, those given back included.</summary>
    public long MaximumAllocation { get; init; } = 64 << 20;

    /// <summary>Longer inputs are cut.</summary>
    public int MaximumLength { get; init; } = 1 << 16;

    /// <summary>How many executions a run of a minute for all readers has for this one.</summary>
    public int Share { get; init; } = 20_000;

    /// <summary>Whether the process's memory is watched as well: native code decodes.</summary>
    public bool WatchesMemory { get; init; }
}

/// <summary>A reader gave something that it must not give.</summary>
internal sealed class WrongResultException(string message) : Exception(message);
