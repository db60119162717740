using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipPromptsTests
{
    [Fact]
    public void Sets_HaveTheSizesAndTextsOfTheirSources()
    {
        Assert.Equal(["a photo of a {}."], ClipPrompts.Simple);
        Assert.Equal(7, ClipPrompts.ImageNet7.Length);
        Assert.Equal(80, ClipPrompts.ImageNet80.Length);
        Assert.Equal(18, ClipPrompts.Cifar18.Length);
        Assert.Equal("itap of a {}.", ClipPrompts.ImageNet7[0]);
        Assert.Equal("a photo of the small {}.", ClipPrompts.ImageNet7[^1]);
        Assert.Equal("a bad photo of a {}.", ClipPrompts.ImageNet80[0]);
        Assert.Equal("a tattoo of the {}.", ClipPrompts.ImageNet80[^1]);
        Assert.Equal("a photo of the big {}.", ClipPrompts.Cifar18[^1]);
        Assert.Subset(ClipPrompts.ImageNet80.ToHashSet(), ClipPrompts.ImageNet7.ToHashSet());
    }

    [Fact]
    public void ImageNet80_IsTheNotebooksList()
    {
        // SHA-256 of the notebook's 80 templates, each followed by a line feed.
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(ClipPrompts.ImageNet80.Select(t => t + "\n")))));

        Assert.Equal("717aaf1055595d318aa456669c0de6675d883ccebfa70ca12ff890b7aab710cb", hash);
    }

    [Fact]
    public void Sets_EachTemplateIsThereOnceAndHasAPlace()
    {
        foreach (var set in (IEnumerable<string>[])[ClipPrompts.ImageNet7, ClipPrompts.ImageNet80, ClipPrompts.Cifar18])
        {
            Assert.Equal(set.Count(), set.Distinct().Count());
            Assert.All(set, t => Assert.Contains("{}", t, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Fill_ReplacesEveryPlace() =>
        Assert.Equal("a cat, a photo of a cat.", ClipPrompts.Fill("a {}, a photo of a {}.", "cat"));
}
