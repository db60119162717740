namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Tests that build and run programs of one file, one after another: each build looks after the library's own projects, and two at once get in each other's
/// way.
/// </summary>
[CollectionDefinition(nameof(OneFilePrograms))]
public sealed class OneFilePrograms;
