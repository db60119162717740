namespace Microsoft.ML.Clip.Tests;

public sealed class ParameterShapesTests
{
    public static TheoryData<string> Names => [.. ExportedModel.Architectures.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Of_AnArchitecture_ListsTheModulesParameters(string name)
    {
        using var model = new ExportedModel(ExportedModel.Architectures[name]);

        var listed = ParameterShapes.Of(model.Architecture).ToDictionary(p => p.Key, p => string.Join(", ", p.Value));
        Assert.Equal(model.Weights.ToDictionary(p => p.Key, p => string.Join(", ", p.Value.shape)).OrderBy(p => p.Key), listed.OrderBy(p => p.Key));
    }
}
