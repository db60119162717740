namespace Microsoft.ML.Clip.Tests;

public sealed class ReportFolderTests
{
    [Fact]
    public void Save_WritesAllFiles_AndReplacesAReport()
    {
        using var directory = new TemporaryDirectory();
        string folder = Path.Combine(directory.FullName, "below", "report");

        Report("one", "two").Save(folder);

        Assert.Equal(["plots/one.svg", "plots/two.svg", "report.html", "report.json", "report.md", "tables/one.csv", "tables/two.csv"], Files(folder));
        Assert.Equal(Report("one", "two").ToHtml(), File.ReadAllText(Path.Combine(folder, "report.html")));
        Report("three").Save(folder + Path.DirectorySeparatorChar);
        Assert.Equal(["plots/three.svg", "report.html", "report.json", "report.md", "tables/three.csv"], Files(folder));
        Assert.Equal([folder], Directory.GetFileSystemEntries(Path.GetDirectoryName(folder)!));
    }

    [Theory]
    [InlineData("notes.txt")]
    [InlineData("plots/mine.png")]
    [InlineData("tables/deep/x.csv")]
    public void Save_FolderWithOtherFiles_IsRefusedAndLeftAlone(string mine)
    {
        using var directory = new TemporaryDirectory();
        string folder = Path.Combine(directory.FullName, "report"), file = Path.Combine(folder, mine);
        Report("one").Save(folder);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "mine");
        string[] before = Files(folder);

        var exception = Assert.Throws<IOException>(() => Report("two").Save(folder));

        Assert.Contains(mine.StartsWith("tables", StringComparison.Ordinal) ? "'tables/deep'" : $"'{mine}'", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, Files(folder));
    }

    [Fact]
    public void Save_WhatCannotBeWritten_LeavesTheOldReport()
    {
        using var directory = new TemporaryDirectory();
        string folder = Path.Combine(directory.FullName, "report");
        Report("one").Save(folder);

        Assert.Throws<ArgumentException>(() => Report("two", "two").Save(folder));

        Assert.Equal(["plots/one.svg", "report.html", "report.json", "report.md", "tables/one.csv"], Files(folder));
        File.WriteAllText(Path.Combine(directory.FullName, "file"), "");
        Assert.Contains("is a file", Assert.Throws<IOException>(() => Report("one").Save(Path.Combine(directory.FullName, "file"))).Message, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFileSystemEntries(directory.FullName).Length);
    }

    private static ClipReport Report(params string[] names) => new("R")
    {
        Sections = [new("S")
        {
            Blocks =
            [
                .. names.Select(n => new ClipReportPlot(n, ClipPlots.Bars(n, new("x"), [new("bar", 1)]), n)),
                .. names.Select(n => new ClipReportTable(n, n) { Columns = [new("a")], Rows = [["x"]] }),
            ],
        }],
    };

    private static string[] Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/')).Order(StringComparer.Ordinal)];
}
