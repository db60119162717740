namespace Microsoft.ML.Clip.Tests;

/// <summary>The project names every package whose types it names.</summary>
public sealed class ToolReferenceTests
{
    [Fact]
    public void Assemblies_ThatTheToolNames_AreReferredToByItsProject() => Assert.Empty(DirectReferences.Missing(typeof(CommandTree).Assembly));
}
