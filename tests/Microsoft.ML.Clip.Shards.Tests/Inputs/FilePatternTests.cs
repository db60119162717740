namespace Microsoft.ML.Clip.Tests;

public sealed class FilePatternTests
{
    [Theory]
    [InlineData("/d/{00000..00002}.tar", "/d/00000.tar /d/00001.tar /d/00002.tar")]
    [InlineData("/d/{8..11}.tar", "/d/8.tar /d/9.tar /d/10.tar /d/11.tar")]
    [InlineData("/d/{098..101}.tar", "/d/098.tar /d/099.tar /d/100.tar /d/101.tar")]
    [InlineData("/d/{b,a}/{0..1}.tar", "/d/b/0.tar /d/b/1.tar /d/a/0.tar /d/a/1.tar")]
    [InlineData("/d/{plain}.tar", "/d/{plain}.tar")]
    [InlineData("/d/x,y.tar", "/d/x,y.tar")]
    public void Expand_WritesBracesOut(string pattern, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Paths have a drive there.");
        Assert.Equal(expected.Split(' '), FilePattern.Expand(pattern));
    }

    [Theory]
    [InlineData("{0..1000001}.tar")]
    [InlineData("{0..99}{0..99}{0..99}{0..99}.tar")]
    [InlineData("{5..4}.tar")]
    [InlineData("{0..99999999999999999999}.tar")]
    [InlineData("*/0.tar")]
    [InlineData(" ")]
    public void Tars_OfABadPattern_AreRefused(string pattern) => Assert.ThrowsAny<ArgumentException>(() => ClipShardInputs.Tars(pattern));

    [Fact]
    public void Find_TakesStarsInOrdinalOrder()
    {
        using var folder = new TemporaryDirectory();
        foreach (string name in (string[])["10.tar", "9.tar", "B.tar", "a.tar", "a.tar.gz", "x.zip"])
        {
            folder.Write(name, name);
        }

        Assert.Equal(["10.tar", "9.tar", "B.tar", "a.tar"], FilePattern.Find([folder.Combine("*.tar")]).Select(Path.GetFileName));
        Assert.Equal(["9.tar", "B.tar", "a.tar"], FilePattern.Find([folder.Combine("?.tar")]).Select(Path.GetFileName));
    }

    [Fact]
    public void CommonFolder_IsThatOfAll()
    {
        using var folder = new TemporaryDirectory();

        Assert.Equal((string)folder, FilePattern.CommonFolder([folder.Combine("a/b/0.tar"), folder.Combine("ab/0.tar")]));
        Assert.Equal(folder.Combine("a"), FilePattern.CommonFolder([folder.Combine("a/b/0.tar"), folder.Combine("a/0.tar")]));
    }
}
