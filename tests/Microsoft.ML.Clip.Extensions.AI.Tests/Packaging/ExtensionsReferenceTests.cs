namespace Microsoft.ML.Clip.Tests;

/// <summary>The project names every package whose types it names.</summary>
public sealed class ExtensionsReferenceTests
{
    [Fact]
    public void Assemblies_ThatTheLibraryNames_AreReferredToByItsProject() => Assert.Empty(DirectReferences.Missing(typeof(ClipServiceOptions).Assembly));

    // A package that brings an implementation along decides for the application.
    [Fact]
    public void Assemblies_ThatTheLibraryNames_AreTheCoreAndAbstractions()
    {
        string[] others = [.. typeof(ClipServiceOptions).Assembly.GetReferencedAssemblies().Select(a => a.Name!)
            .Where(n => n is not ("Microsoft.ML.Clip" or "Microsoft.Extensions.Options" or "Microsoft.Extensions.Diagnostics.HealthChecks")
                && !n.StartsWith("System.", StringComparison.Ordinal) && !n.EndsWith(".Abstractions", StringComparison.Ordinal))];

        Assert.Empty(others);
    }
}
