namespace Microsoft.ML.Clip.Tests;

/// <summary>The library as others consume it: by its package, and by a reference to its project from a folder outside this repository.</summary>
public sealed class PackageTests(StepFixture fixture, OutsideProjects outside) : IClassFixture<StepFixture>, IClassFixture<OutsideProjects>
{
    private static readonly string Model = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");
    private static readonly string Image = Path.Combine(BuildFacts.RepositoryRoot, "samples", "images", "cat.png");

    [Theory]
    [InlineData("ByProject")]
    [InlineData("ByPackage")]
    public void Library_InAProjectOutside_EmbedsAnImage(string project) => Assert.Equal(Expected(), outside.Run(project, Model, Image));

    [Fact]
    public void Library_InAFileWithoutAProject_EmbedsAnImage() => Assert.Equal(Expected(), outside.RunFile(Model, Image));

    [Fact]
    public void Package_InAProjectOutside_LoadsASavedModel()
    {
        string model = fixture.TemporaryFile("model.zip");
        var transformer = fixture.Create("ZeroShot Path").Fit(fixture.Data);
        fixture.ML.Model.Save(transformer, fixture.Data.Schema, model);

        float[][] there = outside.Run("Fresh", [model, "Path", "Score", .. fixture.Rows.Select(r => r.Path)]);

        Assert.Equal(fixture.Run(transformer, "ZeroShot Path"), there);
    }

    [Theory]
    [InlineData(".nupkg")]
    [InlineData(".snupkg")]
    public void Pack_TheLibrary_WritesPackageAndSymbols(string extension) =>
        Assert.True(File.Exists(Path.Combine(outside.Packages, outside.PackageName + extension)));

    // The same step in this process.
    private float[][] Expected()
    {
        using var clip = ClipModel.Load(Model);
        var images = fixture.ML.Data.LoadFromEnumerable([new { Path = Image }]);
        return fixture.ML.Transforms.ClipImageEmbedding("Features", "Path", clip).Fit(images).Transform(images).GetColumnOf("Features");
    }
}
