namespace Microsoft.ML.Clip.Tests;

public sealed class FolderInputTests
{
    [Fact]
    public void Folder_ListsImagesInOrdinalOrderOfTheirPaths()
    {
        using var folder = new TemporaryDirectory();
        string[] images = ["B.JPG", "a-b/1.png", "a.jpg", "a/10.webp", "a/9.gif", "a/b/c/x.bmp", "a0.jpeg", "\u00e9.ico"];
        string[] others = ["notes.txt", ".hidden.jpg", ".git/x.jpg", "a/.thumbs/x.png", "a/noending", "jpg"];
        foreach (string name in images.Concat(others).Reverse())
        {
            folder.Write(name, name);
        }
        Directory.CreateDirectory(folder.Combine("empty.jpg"));

        var files = InputRows.Files(ClipShardInputs.Folder(folder));
        var rows = InputRows.All(ClipShardInputs.Folder(folder));

        Assert.Equal(images.Order(StringComparer.Ordinal), files.Select(f => f.Name));
        Assert.All(files, f => Assert.Equal((new FileInfo(folder.Combine(f.Name)).Length, 1), (f.Length, f.Rows)));
        Assert.Equal(files.Select(f => (f.Name, folder.Combine(f.Name))), rows.Select(r => (r.Key, r.Path!)));
        Assert.All(rows, r => Assert.Null(r.Error));
    }

    [Fact]
    public void Folder_OfSamples_HasItsImages()
    {
        var rows = InputRows.All(ClipShardInputs.Folder(Path.Combine(BuildFacts.RepositoryRoot, "samples/images")));

        Assert.Equal(["bison.jpg", "cat.png", "coffee.png", "dog.jpg", "koala.jpg", "red-panda.jpg"], rows.Select(r => r.Key));
    }

    [Fact]
    public void Folder_ThatIsNotThere_SaysSo()
    {
        var e = InputRows.Fails(ClipShardInputs.Folder("/none/such"));

        Assert.Equal(ClipShardProblem.Input, e.Problem);
        Assert.Contains("/none/such", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_WithLinks_FollowsThoseToFiles_AndRefusesThoseToFolders()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right there.");
        using var folder = new TemporaryDirectory();
        string target = folder.Write("elsewhere/real.bin", "123456");
        Directory.CreateDirectory(folder.Combine("in"));
        File.CreateSymbolicLink(folder.Combine("in/a.jpg"), target);
        File.CreateSymbolicLink(folder.Combine("in/b.jpg"), folder.Combine("nothing"));

        File.CreateSymbolicLink(folder.Combine("in/c.jpg"), folder.Combine("in/c.jpg"));

        var file = InputRows.Files(ClipShardInputs.Folder(folder.Combine("in")));
        var rows = InputRows.All(ClipShardInputs.Folder(folder.Combine("in")));

        Assert.Equal([6, ShardInputFile.Missing, ShardInputFile.Missing], file.Select(f => f.Length));
        Assert.Null(rows[0].Error);
        Assert.All(rows[1..], r => Assert.Contains("There is no file", r.Error, StringComparison.Ordinal));
        Directory.CreateSymbolicLink(folder.Combine("in/round"), folder.Combine("in"));
        Assert.Contains("is a link to a folder", InputRows.Fails(ClipShardInputs.Folder(folder.Combine("in"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_WithControlCharactersInANameOfIt_HasItsRow()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Names have none there.");
        using var folder = new TemporaryDirectory();
        folder.Write("a\u001b[31m\n\t.jpg", "1");
        folder.Write("b.jpg", "2");

        var rows = InputRows.All(ClipShardInputs.Folder(folder));

        Assert.Equal(["a\u001b[31m\n\t.jpg", "b.jpg"], rows.Select(r => r.Key));
        Assert.All(rows, r => Assert.Equal((null, true), (r.Error, File.Exists(r.Path))));
    }

    [Fact]
    public void Folder_NestedTooDeep_SaysSo()
    {
        using var folder = new TemporaryDirectory();
        folder.Write(string.Concat(Enumerable.Repeat("d/", 70)) + "x.jpg", "x");

        Assert.Contains("more than 64 folders below", InputRows.Fails(ClipShardInputs.Folder(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EmptyFile_IsARowWithItsError()
    {
        using var folder = new TemporaryDirectory();
        folder.Write("a.jpg", "");
        folder.Write("b.jpg", "b");

        var rows = InputRows.All(ClipShardInputs.Folder(folder));

        Assert.Contains("it has no bytes", rows[0].Error, StringComparison.Ordinal);
        Assert.Null(rows[0].Path);
        Assert.Null(rows[1].Error);
    }

    [Fact]
    public void Look_TellsWhatChanged()
    {
        using var folder = new TemporaryDirectory();
        string path = folder.Write("a.jpg", "12");
        var input = ClipShardInputs.Folder(folder).Open();
        var planned = input.List(CancellationToken.None).Single();

        Assert.Equal(planned, input.Look(planned));
        File.WriteAllText(path, "123");
        Assert.Equal(3, input.Look(planned).Length);
        File.SetLastWriteTimeUtc(path, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.NotEqual(planned.Modified, input.Look(planned).Modified);
        File.Delete(path);
        Assert.Contains("2 bytes", Assert.Throws<FileNotFoundException>(() => input.Look(planned)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../a.jpg")]
    [InlineData("/etc/hosts")]
    [InlineData("a/../../b.jpg")]
    [InlineData("")]
    public void Read_OfAPlanThatNamesOtherFiles_IsRefused(string name)
    {
        using var folder = new TemporaryDirectory();
        var input = ClipShardInputs.Folder(folder).Open();

        var e = Assert.Throws<ClipShardException>(() => input.Read(new(name, 1, 0, 1), 0, 1, CancellationToken.None).ToList());

        Assert.Equal(ClipShardProblem.Plan, e.Problem);
    }
}
