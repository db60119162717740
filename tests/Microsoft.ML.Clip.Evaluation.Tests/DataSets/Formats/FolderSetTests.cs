namespace Microsoft.ML.Clip.Tests;

public sealed class FolderSetTests
{
    [Fact]
    public void FromFolders_ReadsClassByClassInOrdinalOrder()
    {
        using var folder = Folder("dog/b.JPEG", "dog/a.png", "Cat/images/x.webp", "dog/notes.txt", "README.md", "dog/.hidden");

        var set = ClipDataSet.FromFolders(folder);
        var rows = SetFiles.ReadTwice(set);

        Assert.Equal(["Cat", "dog"], set.ClassNames);
        Assert.Equal([("Cat/images/x.webp", 0), ("dog/a.png", 1), ("dog/b.JPEG", 1)], rows.Select(r => (r.Name, r.Label)));
        Assert.All(rows, r => Assert.True(File.Exists(r.Path)));
        Assert.Equal(["README.md", "dog/notes.txt"], set.Skipped);
        Assert.Equal((3, true), (set.Count, set.ImagesAreFiles));
    }

    [Fact]
    public void FromFolders_Names_AreGivenOrBesideTheFolders()
    {
        using var folder = Folder("00/a.png", "01/a.png");
        folder.Write("classnames.txt", "stop sign\r\nno entry\n\n");

        Assert.Equal(["stop sign", "no entry"], ClipDataSet.FromFolders(folder).ClassNames);
        Assert.Empty(ClipDataSet.FromFolders(folder).Skipped);
        Assert.Equal(["a", "b"], ClipDataSet.FromFolders(folder, ["a", "b"]).ClassNames);
        SetFiles.Refused(() => ClipDataSet.FromFolders(folder, ["a", "b", "c"]), "3 class names for 2 folders", folder);
        folder.Write("classnames.txt", "one\ntwo\nthree");
        SetFiles.Refused(() => ClipDataSet.FromFolders(folder), "3 class names for 2 folders");
        folder.Write("classnames.txt", "one\n\ntwo");
        SetFiles.Refused(() => ClipDataSet.FromFolders(folder), "Line 2", "classnames.txt");
        folder.Write("classnames.txt", [0x61, 0x0A, 0xFF]);
        SetFiles.Refused(() => ClipDataSet.FromFolders(folder), "classnames.txt", "UTF-8");
    }

    [Fact]
    public void FromFolders_EmptyClass_IsNamed()
    {
        using var folder = Folder("cat/a.png", "dog/readme.txt");

        SetFiles.Refused(() => ClipDataSet.FromFolders(folder), "'dog'", "no image");
    }

    /// <summary>Two "classes", test and train, would be measured without a word.</summary>
    [Fact]
    public void FromFolders_FoldersOfSplits_AreNoClasses()
    {
        using var folder = Folder("test/cat/a.png", "test/dog/a.png", "Train/cat/b.png", "Train/dog/b.png");

        SetFiles.Refused(() => ClipDataSet.FromFolders(folder), folder, "Train, test", "splits");
        Assert.Equal(["cat", "dog"], ClipDataSet.FromFolders(folder.Combine("test")).ClassNames);
        Assert.Equal(["a", "b"], ClipDataSet.FromFolders(folder, ["a", "b"]).ClassNames);
        using var railway = Folder("train/a.png", "test/a.png");
        Assert.Equal(["test", "train"], ClipDataSet.FromFolders(railway).ClassNames);
    }

    [Fact]
    public void FromFolders_OneClassOnlyOrNone_IsRefused()
    {
        using var folder = Folder("cat/a.png");
        SetFiles.Refused(() => ClipDataSet.FromFolders(folder), "one class only, 'cat'");
        SetFiles.Refused(() => ClipDataSet.FromFolders(folder.Combine("cat")), "no class");
        SetFiles.Refused(() => ClipDataSet.FromFolders(folder.Combine("horse")), "no folder", "horse");
    }

    // Followed, it would give the same images forty times; left out, they would be missing without a word.
    [Fact]
    public void FromFolders_LinkToAFolderWithinAClass_IsNamed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        using var folder = Folder("cat/a.png", "dog/b.png");
        Directory.CreateSymbolicLink(folder.Combine("horse"), folder.Combine("cat"));
        Assert.Equal(["cat/a.png", "dog/b.png", "horse/a.png"], ClipDataSet.FromFolders(folder).Read().Select(r => r.Name));
        Directory.CreateSymbolicLink(folder.Combine("dog/again"), folder.Combine("dog"));

        SetFiles.Refused(() => ClipDataSet.FromFolders(folder), "dog/again", "link");
    }

    [Fact]
    public void FromFolders_CorruptImageInTheMiddle_IsThatRowsAlone()
    {
        byte[] good = BmpImage.FromGray(new byte[16], 4, 4);
        using var folder = Folder("cat/a.bmp", "dog/b.bmp", "dog/c.bmp");
        folder.Write("cat/a.bmp", good);
        folder.Write("dog/b.bmp", good.AsSpan(0, 60).ToArray());
        folder.Write("dog/c.bmp", good);
        var preprocessor = ClipImagePreprocessor.Create(4);
        float[] pixels = new float[preprocessor.PixelValueCount];

        var failed = ClipDataSet.FromFolders(folder).Read()
            .Where(r => Record.Exception(() => preprocessor.PreprocessFile(r.Path!, pixels)) is ClipImageException).ToArray();

        Assert.Equal("dog/b.bmp", Assert.Single(failed).Name);
    }

    [Theory]
    [InlineData("gtsrb", "test", 43, 894)]
    [InlineData("gtsrb", "train", 43, 1770)]
    [InlineData("oxford-pets-370", "", 37, 370)]
    [InlineData("pacs-photo", "", 7, 280)]
    public void FromFolders_RealSets_HaveTheirCounts(string name, string below, int classes, int count)
    {
        using var folder = SetFiles.Unpack(name, n => n.StartsWith(below, StringComparison.Ordinal) || n == "classnames.txt");
        string names = folder.Combine("classnames.txt");

        var summary = ClipDataSet.FromFolders(folder.Combine(below), File.Exists(names) ? ClipDataSet.ReadClassNames(names) : null).Summarize();

        Assert.Equal((classes, count, 0), (summary.Classes.Count, summary.Rows, summary.EmptyClasses.Count));
        Assert.All(summary.Classes, c => Assert.NotNull(c.Example));
        if (name == "gtsrb")
        {
            Assert.StartsWith("00/", summary.Classes[0].Example, StringComparison.Ordinal);
            Assert.Equal("red and white circle 20 kph speed limit", summary.Classes[0].Name);
        }
    }

    [Fact]
    public void FromFolders_Mnist_HasTheWholeTestSet()
    {
        // Names are all that counts here; twelve thousand files take their time.
        using var folder = SetFiles.Unpack("mnist", name => name.StartsWith("test/", StringComparison.Ordinal), isEmpty: true);

        var summary = ClipDataSet.FromFolders(folder.Combine("test")).Summarize();

        // The test set's own counts.
        Assert.Equal([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009], summary.Classes.Select(c => c.Count));
    }

    private static TemporaryDirectory Folder(params string[] files)
    {
        var folder = new TemporaryDirectory();
        foreach (string file in files)
        {
            folder.Write(file, SetFiles.NoImage);
        }
        return folder;
    }
}
