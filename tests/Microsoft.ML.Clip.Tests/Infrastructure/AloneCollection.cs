namespace Microsoft.ML.Clip.Tests;

/// <summary>Tests that look at the whole process (its threads, its allocations): nothing else runs beside them.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
