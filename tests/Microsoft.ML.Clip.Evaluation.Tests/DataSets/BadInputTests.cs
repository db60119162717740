using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// What is wrong with a set, from its file to what is measured with the repository's own model: an error that names the file or row, or a line of the
/// result; nothing is dropped in silence. What each reader says of its own format stands with its tests.
/// </summary>
public sealed class BadInputTests
{
    private static readonly string Samples = Path.Combine(BuildFacts.RepositoryRoot, "samples");

    private static readonly byte[][] Images =
        [.. ((string[])["cat.png", "dog.jpg", "coffee.png"]).Select(n => File.ReadAllBytes(Path.Combine(Samples, "images", n)))];

    [Fact]
    public void CorruptImageInTheMiddle_OfATarFile_IsNamed_AndTheOthersAreMeasured()
    {
        using var folder = new TemporaryDirectory();
        folder.Write("classnames.txt", "cat\ndog\n");
        folder.Write("test/0.tar", SetFiles.Tar(("a.png", Images[0]), ("a.cls", Text("0")), ("b.jpg", Images[1][..200]), ("b.cls", Text("1")), ("c.png", Images[2]), ("c.cls", Text("1"))));

        CorruptIsNamed(ClipDataSet.FromWebDataset(folder), "test/0.tar/b");
    }

    [Fact]
    public void CorruptImageInTheMiddle_OfAParquetFile_IsNamed_AndTheOthersAreMeasured()
    {
        using var folder = new TemporaryDirectory();
        ParquetFiles.Write(folder, "test.parquet", [[(Images[0], "cat"), (Images[1][..200], "dog"), (Images[2], "dog")]]);

        CorruptIsNamed(ClipDataSet.FromParquet(folder), "test.parquet[1]");
    }

    [Fact]
    public void OneClassOnly_IsALineOfTheSummary_WhereLabelsTellIt()
    {
        using var folder = new TemporaryDirectory();
        folder.Write("classnames.txt", "cat\ndog\n");
        folder.Write("test/0.tar", SetFiles.Tar(("a.png", Images[0]), ("a.cls", Text("1")), ("b.png", Images[2]), ("b.cls", Text("1"))));
        ParquetFiles.Write(folder, "test.parquet", [[(Images[0], 1), (Images[1], 1)]]);

        foreach (var set in (ClipDataSet[])[ClipDataSet.FromWebDataset(folder), ClipDataSet.FromParquet(folder)])
        {
            var summary = set.Summarize();
            Assert.True(summary.IsOneClass);
            Assert.Equal(["cat"], summary.EmptyClasses);
        }
        using var names = new TemporaryDirectory();
        ParquetFiles.Write(names, "test.parquet", [[(Images[0], "cat"), (Images[1], "cat")]]);
        SetFiles.Refused(() => ClipDataSet.FromParquet(names), "test.parquet", "one class only, 'cat'");
    }

    [Fact]
    public void PickleThatWantsToImport_IsRefused_AndNothingRuns()
    {
        using var folder = new TemporaryDirectory();
        folder.Write("batches.meta", SetFiles.Gunzip(PickleFiles.Meta));
        foreach (string evil in (string[])[PickleFiles.Evil2, PickleFiles.Evil4])
        {
            folder.Write("test_batch", SetFiles.Gunzip(evil));
            SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromCifar10(folder, "test")), "test_batch", "posix", "system");
        }
        Assert.False(File.Exists("pwned"));
    }

    [Theory]
    [InlineData("""{ "images": [], "annotations": [] }""", "no 'images'")]
    [InlineData("""{ "annotations": [] }""", "no 'images'")]
    [InlineData("""{ "images": [ { "id": 1, "file_name": "a.jpg" } ], "annotations": [] }""", "no 'annotations'")]
    public void CocoJsonWithoutImagesOrCaptions_IsNamed(string json, string expected)
    {
        using var folder = new TemporaryDirectory();
        folder.Write("a.jpg", Images[0]);

        SetFiles.Refused(() => ClipCaptionSet.FromCoco(folder.Write("captions.json", json), folder), "captions.json", expected);
    }

    private static void CorruptIsNamed(ClipDataSet set, string name)
    {
        using var model = ClipModel.Load(Path.Combine(Samples, "models", "tiny-clip"));

        var embedded = ClipEmbeddedSet.Of(model, set);

        var failed = Assert.Single(embedded.Failed);
        Assert.Equal(name, failed.Name);
        Assert.Equal([0, 1], embedded.Labels);
        Assert.Equal(set.Read().Count(), embedded.Count + embedded.Failed.Count);
    }

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);
}
