namespace Microsoft.ML.Clip.Tests;

public sealed class VocFilesTests
{
    [Fact]
    public void FromVoc_TellsDifficultImagesApart()
    {
        using var folder = Folder();

        var set = ClipMultiLabelSet.FromVoc(folder.Combine("VOC2007"));

        Assert.Equal("VOC2007/test", set.Name);
        Assert.Equal(["cat", "dog"], set.ClassNames);
        Assert.Equal(["000001.jpg", "000002.jpg", "000003.jpg"], set.Images.Select(Path.GetFileName));
        Assert.Equal([[1], [0, 1], []], set.Labels);
        Assert.Equal([[], [], [0]], set.Difficult);
    }

    [Theory]
    [InlineData("cat_test.txt", "000001 -1\n000002  1\n", "dog_test.txt", "3 images", "expected 2")]
    [InlineData("dog_test.txt", "000001  1\n000003  1\n000002 -1\n", "Line 2", "dog_test.txt", "'000003'", "expected '000002'")]
    [InlineData("dog_test.txt", "000001  1\n000002  2\n000003 -1\n", "Line 2", "dog_test.txt", "expected the name of an image")]
    [InlineData("cat_test.txt", "000001  1\n000001  1\n000003 -1\n", "Line 2", "'000001' again")]
    [InlineData("cat_test.txt", "000001  1\n000009  1\n000003 -1\n", "Line 2", "'000009.jpg'", "not in")]
    [InlineData("cat_test.txt", "../000001 1\n", "Line 1", "within the folder")]
    public void FromVoc_WhatDoesNotFit_IsNamed(string file, string content, params string[] words)
    {
        using var folder = Folder();
        folder.Write($"VOC2007/ImageSets/Main/{file}", content);

        SetFiles.Refused(() => ClipMultiLabelSet.FromVoc(folder.Combine("VOC2007")), words);
    }

    [Fact]
    public void FromVoc_NoSuchSplit_IsNamed()
    {
        using var folder = Folder();

        SetFiles.Refused(() => ClipMultiLabelSet.FromVoc(folder.Combine("VOC2007"), "val"), "*_val.txt", "no class");
        SetFiles.Refused(() => ClipMultiLabelSet.FromVoc(folder), "ImageSets");
        Assert.Throws<ArgumentException>(() => ClipMultiLabelSet.FromVoc(folder, "a/b"));
    }

    private static TemporaryDirectory Folder()
    {
        var folder = new TemporaryDirectory();
        folder.Write("VOC2007/ImageSets/Main/cat_test.txt", "000001 -1\n000002  1\n000003  0\n");
        folder.Write("VOC2007/ImageSets/Main/dog_test.txt", "000001  1\r\n000002  1\r\n000003 -1\r\n");
        folder.Write("VOC2007/ImageSets/Main/cat_trainval.txt", "000005  1\n");
        folder.Write("VOC2007/ImageSets/Main/test.txt", "000001\n000002\n000003\n");
        for (int i = 1; i <= 3; i++)
        {
            folder.Write($"VOC2007/JPEGImages/00000{i}.jpg", SetFiles.NoImage);
        }
        return folder;
    }
}
