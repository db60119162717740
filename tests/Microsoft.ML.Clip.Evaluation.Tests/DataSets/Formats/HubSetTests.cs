using System.Text;

namespace Microsoft.ML.Clip.Tests;

public sealed class HubSetTests : IDisposable
{
    private readonly TemporaryDirectory _cache = new();
    private readonly List<TestHub> _hubs = [];

    public void Dispose()
    {
        _hubs.ForEach(h => h.Dispose());
        _cache.Dispose();
    }

    [Fact]
    public async Task FromHub_WebDataset_BringsOneSplitAlone()
    {
        var hub = Start(new()
        {
            ["README.md"] = "about"u8.ToArray(),
            ["classnames.txt"] = "cat\ndog\n"u8.ToArray(),
            ["zeroshot_classification_templates.txt"] = "a photo of a {c}."u8.ToArray(),
            ["test/0.tar"] = Tar(("s0", 1), ("s1", 0)),
            ["test/1.tar"] = Tar(("s2", 1)),
            ["test/nshards.txt"] = "2"u8.ToArray(),
            ["train/0.tar"] = Tar(("t0", 1)),
            ["train/nshards.txt"] = "1"u8.ToArray(),
        });

        var set = await ClipDataSet.FromHubAsync("tests/pets", hub: hub.Options(_cache), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal([("test/0.tar/s0", 1), ("test/0.tar/s1", 0), ("test/1.tar/s2", 1)], SetFiles.ReadTwice(set).Select(r => (r.Name, r.Label)));
        Assert.Equal("pets/test", set.Name);
        Assert.Equal(["cat", "dog"], set.ClassNames);
        Assert.Equal(["a photo of a {}."], set.Templates);
        Assert.DoesNotContain(hub.Requests, r => r.Path.Contains("train", StringComparison.Ordinal) || r.Path.EndsWith("README.md", StringComparison.Ordinal));
        // From the cache, and by other names.
        int requests = hub.RequestCount;
        var again = ClipDataSet.FromHub("datasets/tests/pets", hub: hub.Options(_cache) with { Offline = true }, classNames: ["tom", "rex"]);
        Assert.Equal(["tom", "rex"], again.ClassNames);
        Assert.Equal(3, again.Read().Count());
        Assert.Equal(requests, hub.RequestCount);
        SetFiles.Refused(() => ClipDataSet.FromHub("tests/pets", hub: hub.Options(_cache), classNames: ["tom"]), "1 class names for 2 classes");
        SetFiles.Refused(() => ClipDataSet.FromHub("tests/pets", "validation", hub.Options(_cache)), "validation/0.tar", "3 of '.tar'");
    }

    [Fact]
    public void FromHub_Parquet_BringsOneSplitAlone()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "parquet", "snappy-dictionary.parquet"));
        var hub = Start(new()
        {
            ["data/test-00000-of-00002.parquet"] = file,
            ["data/test-00001-of-00002.parquet"] = file,
            ["data/train-00000-of-00001.parquet"] = file,
        });

        var set = ClipDataSet.FromHub("tests/pets", hub: hub.Options(_cache), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal((400, "pets/test"), (set.Count, set.Name));
        Assert.Equal(["cat", "dog", "hors d'œuvre"], set.ClassNames);
        Assert.Equal(400, SetFiles.ReadTwice(set).Length);
        Assert.DoesNotContain(hub.Requests, r => r.Path.Contains("train", StringComparison.Ordinal));
        SetFiles.Refused(() => ClipDataSet.FromHub("tests/pets", "val", hub.Options(_cache)), "no split 'val'", "'test', 'train'");
    }

    [Fact]
    public void FromHub_SeveralConfigurations_WantAFolder()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "parquet", "gzip-plain.parquet"));
        var hub = Start(new() { ["a/test-00000-of-00001.parquet"] = file, ["b/test-00000-of-00001.parquet"] = file });

        SetFiles.Refused(() => ClipDataSet.FromHub("tests/pets", hub: hub.Options(_cache)), "datasets/tests/pets", "several folders, 'a', 'b'");
        Assert.Equal(200, ClipDataSet.FromHub("tests/pets", hub: hub.Options(_cache), folder: "b").Count);
        Assert.DoesNotContain(hub.Requests, r => r.Path.Contains("/a/", StringComparison.Ordinal));
    }

    [Fact]
    public void FromHub_WhatIsNoSet_SaysWhatIsThere()
    {
        var hub = Start(new() { ["a.csv"] = "x"u8.ToArray(), ["b.csv"] = "y"u8.ToArray(), ["README.md"] = "z"u8.ToArray() });

        SetFiles.Refused(() => ClipDataSet.FromHub("tests/pets", hub: hub.Options(_cache)), "'datasets/tests/pets'", "neither 'test/0.tar'", "2 of '.csv'");
        var missing = Assert.Throws<ClipHubException>(() => ClipDataSet.FromHub("tests/other", hub: hub.Options(_cache)));
        Assert.Equal(ClipHubProblem.RepositoryNotFound, missing.Problem);
        Assert.Throws<ArgumentException>(() => ClipDataSet.FromHub("not an id", hub: hub.Options(_cache)));
        Assert.Throws<ArgumentException>(() => ClipDataSet.FromHub("tests/pets", " ", hub.Options(_cache)));
    }

    private static byte[] Tar(params (string Name, int Label)[] rows) => SetFiles.Tar(
        [.. rows.SelectMany(r => ((string, byte[])[])[($"{r.Name}.webp", Encoding.ASCII.GetBytes(r.Name)), ($"{r.Name}.cls", Encoding.ASCII.GetBytes(SetFiles.Number(r.Label)))])]);

    private TestHub Start(Dictionary<string, byte[]> files)
    {
        var hub = new TestHub(files) { ApiId = "datasets/tests/pets" };
        _hubs.Add(hub);
        return hub;
    }
}
