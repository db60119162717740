namespace Microsoft.ML.Clip.Tests;

/// <summary>The training project names every package whose types it names.</summary>
public sealed class TrainingReferenceTests
{
    [Fact]
    public void Assemblies_ThatTheLibraryNames_AreReferredToByItsProject() => Assert.Empty(DirectReferences.Missing(typeof(ClipContrastiveTrainer).Assembly));
}
