namespace Microsoft.ML.Clip.Tests;

/// <summary>The library's project names every package whose types the library names.</summary>
public sealed class DirectReferenceTests
{
    [Fact]
    public void Assemblies_ThatTheLibraryNames_AreReferredToByItsProject() => Assert.Empty(DirectReferences.Missing(typeof(ClipModel).Assembly));
}
