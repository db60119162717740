namespace Microsoft.ML.Clip.Tests;

/// <summary>The evaluation project names every package whose types it names.</summary>
public sealed class EvaluationReferenceTests
{
    [Fact]
    public void Assemblies_ThatTheLibraryNames_AreReferredToByItsProject() => Assert.Empty(DirectReferences.Missing(typeof(ClipClassificationMeter).Assembly));
}
