namespace Microsoft.ML.Clip.Tests;

/// <summary>The project names every package whose types it names.</summary>
public sealed class ShardsReferenceTests
{
    [Fact]
    public void Assemblies_ThatTheLibraryNames_AreReferredToByItsProject() => Assert.Empty(DirectReferences.Missing(typeof(ClipShardPlan).Assembly));
}
