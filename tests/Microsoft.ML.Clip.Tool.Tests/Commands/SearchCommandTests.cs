namespace Microsoft.ML.Clip.Tests;

public sealed class SearchCommandTests
{
    [Theory]
    [InlineData("a photo of a koala.", "koala.jpg")]
    [InlineData("a photo of a bison.", "bison.jpg")]
    public void Run_ByWords_FindsThePhotograph(string words, string expected)
    {
        var found = ToolRun.Of("search", words, ToolRun.Photographs, "--top", "3", "--model", "tiny", "--json").Expect(0).JsonLines;

        Assert.Equal([1, 2, 3], found.Select(f => f.GetProperty("rank").GetInt32()));
        Assert.Equal(ToolRun.Photograph(expected), found[0].GetProperty("path").GetString());
        Assert.True(found[0].GetProperty("cosine").GetSingle() > found[1].GetProperty("cosine").GetSingle());
    }

    [Fact]
    public void Run_ByAPicture_FindsItself()
    {
        string line = ToolRun.Of("search", ToolRun.Photograph("dog.jpg"), ToolRun.Photographs, "--top", "1", "--model", "tiny").Expect(0).Lines[0];

        Assert.Equal(["1", "1.000", ToolRun.Photograph("dog.jpg")], line.Split('\t'));
    }
}
