namespace Microsoft.ML.Clip.Tests;

/// <summary>The cache on disk is that of Hugging Face's Python library, to the byte.</summary>
public sealed class HubCacheTests : HubFixture
{
    [Fact]
    public void Fetch_Layout_IsTheDocumentedOne()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        var files = new Dictionary<string, byte[]> { ["config.json"] = "{}"u8.ToArray(), ["onnx/model.onnx"] = new byte[20_000], ["a/b/c d.txt"] = "x"u8.ToArray() };
        var hub = Start(new TestHub(files));

        Fetch(hub);

        string small = TestHub.GitHash(files["config.json"]), large = TestHub.Sha256(files["onnx/model.onnx"]), deep = TestHub.GitHash(files["a/b/c d.txt"]);
        string[] expected =
        [
            $".locks/models--tests--tiny-clip/{small}.lock", $".locks/models--tests--tiny-clip/{large}.lock", $".locks/models--tests--tiny-clip/{deep}.lock",
            "CACHEDIR.TAG",
            $"models--tests--tiny-clip/blobs/{small}", $"models--tests--tiny-clip/blobs/{large}", $"models--tests--tiny-clip/blobs/{deep}",
            "models--tests--tiny-clip/refs/main",
            $"models--tests--tiny-clip/snapshots/{TestHub.Commit}/a/b/c d.txt -> ../../../../blobs/{deep}",
            $"models--tests--tiny-clip/snapshots/{TestHub.Commit}/config.json -> ../../blobs/{small}",
            $"models--tests--tiny-clip/snapshots/{TestHub.Commit}/onnx/model.onnx -> ../../../blobs/{large}",
            $"models--tests--tiny-clip/trees/{TestHub.Commit}.json",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), Tree());
        Assert.Equal(TestHub.Commit, File.ReadAllText(CachePath("refs/main")));
        Assert.Equal("Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by huggingface_hub.\n"
            + "# For information about cache directory tags, see:\n#\thttps://bford.info/cachedir/\n", File.ReadAllText(Path.Combine(CacheFolder, "CACHEDIR.TAG")));
        string pointer = TestHub.GitHash(System.Text.Encoding.ASCII.GetBytes(hub.Pointer("onnx/model.onnx"))), xet = TestHub.Sha256("onnx/model.onnx"u8.ToArray());
        // As json.dump(..., indent=1) of _tree_cache.py writes it.
        Assert.Equal($$"""
            {
             "format_version": 1,
             "files": {
              "a/b/c d.txt": {
               "size": 1,
               "blob_id": "{{deep}}"
              },
              "config.json": {
               "size": 2,
               "blob_id": "{{small}}"
              },
              "onnx/model.onnx": {
               "size": 20000,
               "blob_id": "{{pointer}}",
               "lfs_sha256": "{{large}}",
               "lfs_size": 20000,
               "xet_hash": "{{xet}}"
              }
             }
            }
            """, File.ReadAllText(CachePath($"trees/{TestHub.Commit}.json")));
    }

    [Fact]
    public void Fetch_WithoutLinks_MovesTheFiles()
    {
        var hub = Start(new TestHub(ModelFiles()));
        Variables["HF_HUB_DISABLE_SYMLINKS"] = "1";

        Fetch(hub);

        AssertFetched(hub);
        Assert.Empty(System.IO.Directory.GetFiles(CachePath("blobs")));
        Assert.All(System.IO.Directory.GetFiles(CachePath("snapshots"), "*", SearchOption.AllDirectories), f => Assert.Null(new FileInfo(f).LinkTarget));
        int before = hub.RequestCount;
        Load(hub, hub.Options(CacheFolder) with { Revision = TestHub.Commit }).Dispose();
        Assert.Equal(before, hub.RequestCount);
    }

    [Fact]
    public void Fetch_ContentIsThereAlready_LinksOrCopiesIt()
    {
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { ["one.bin"] = new byte[20_000], ["two.bin"] = new byte[20_000] }));
        Fetch(hub, ["one.bin"]);
        long before = hub.Cdn.BytesSent;
        Variables["HF_HUB_DISABLE_SYMLINKS"] = "1";

        Fetch(hub, ["two.bin"]);

        AssertFetched(hub);
        Assert.Equal(before, hub.Cdn.BytesSent);
    }

    [Fact]
    public async Task Fetch_ManyAtOnce_FetchesEachFileOnce()
    {
        var hub = Start(new TestHub(ModelFiles()));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Fetch(hub))));

        AssertFetched(hub);
        Assert.Equal(hub.Files.Keys.Where(hub.IsLarge).Sum(n => hub.Files[n].Length), hub.Cdn.BytesSent);
    }

    [Fact]
    public void Lock_OfPython_IsWaitedFor()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/flock"), "needs flock(1), which locks as Python's filelock does");
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { ["config.json"] = "{}"u8.ToArray() }));
        string file = Path.Combine(CacheFolder, ".locks", "models--tests--tiny-clip", hub.Etag("config.json") + ".lock"), released = Directory.Combine("released");
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var holder = System.Diagnostics.Process.Start("/usr/bin/flock", [file, "sh", "-c", $"touch {Directory.Combine("held")}; sleep 1; touch {released}"])!;
        while (!File.Exists(Directory.Combine("held")))
        {
            Thread.Sleep(10);
        }

        Fetch(hub);

        Assert.True(File.Exists(released), "the file was fetched while another process held its lock");
        holder.WaitForExit();
    }

    [Theory, InlineData("../x.json"), InlineData("onnx/../../x.json"), InlineData("/tmp/x.json"), InlineData("\\\\host\\share\\x.json"), InlineData("C:/x.json"),
        InlineData("a\nb.json"), InlineData("a//b.json"), InlineData("./x.json")]
    public void Fetch_NameThatLeadsElsewhere_IsRefused(string name)
    {
        var hub = Start(new TestHub(ModelFiles()));
        hub.Files[name] = "{}"u8.ToArray();

        var error = Assert.Throws<ClipHubException>(() => Fetch(hub));

        Assert.Contains("lists a file called", error.Message, StringComparison.Ordinal);
        Assert.Empty(System.IO.Directory.GetFiles(Directory, "*", SearchOption.AllDirectories));
    }

    [Theory, InlineData("../../x"), InlineData("x"), InlineData("")]
    public void Fetch_HashThatIsNone_IsRefused(string hash)
    {
        var hub = Start(new TestHub(ModelFiles()));
        hub.OnHub = request => request.Path.Contains("/tree/", StringComparison.Ordinal)
            ? new TestReply(200, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new[] { new { type = "file", path = "config.json", size = 2, oid = hash } })) : null;

        Assert.Contains("a hash that is none", Assert.Throws<ClipHubException>(() => Fetch(hub)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fetch_CacheThatCannotBeWritten_SaysSo()
    {
        var hub = Start(new TestHub(ModelFiles()));
        // Also root cannot make a folder below a file.
        File.WriteAllText(Directory.Combine("file"), "");

        var error = Assert.Throws<ClipHubException>(() => Fetch(hub, options: hub.Options(Directory.Combine("file/cache"))));

        Assert.Equal(ClipHubProblem.Cache, error.Problem);
        Assert.Contains("HF_HUB_CACHE", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_NoSpace_SaysHowMuchIsNeededAndLeavesNothing()
    {
        var hub = Start(new TestHub(ModelFiles()));
        using var fetcher = Fetcher(hub, freeBytes: () => 1_000_000);
        var tree = await fetcher.OpenAsync(CancellationToken.None);

        var error = await Assert.ThrowsAsync<ClipHubException>(() => fetcher.FetchAsync(tree, hub.Files.Keys, CancellationToken.None));

        Assert.Equal(ClipHubProblem.NoSpace, error.Problem);
        Assert.Contains($"{hub.Files.Values.Sum(f => f.Length):N0}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{1_000_000:N0}", error.Message, StringComparison.Ordinal);
        Assert.Empty(System.IO.Directory.GetFiles(CachePath("blobs")));
        Assert.Empty(hub.Cdn.Requests);
    }

    [Fact]
    public async Task Fetch_DiskFillsMeanwhile_SaysSoAndLeavesNothing()
    {
        string? disk = System.Environment.GetEnvironmentVariable("CLIP_SMALL_DISK");
        Assert.SkipWhen(disk is null, "needs CLIP_SMALL_DISK, a folder on a disk of about 2 MB: mount -t tmpfs -o size=2m tmpfs FOLDER");
        var hub = Start(new TestHub(ModelFiles()));
        string cache = Path.Combine(disk!, "cache");
        // Somebody else takes the space after it was looked at.
        using var fetcher = Fetcher(hub, hub.Options(cache), freeBytes: () => long.MaxValue);
        var tree = await fetcher.OpenAsync(CancellationToken.None);

        var error = await Assert.ThrowsAsync<ClipHubException>(() => fetcher.FetchAsync(tree, ["onnx/vision_model.onnx"], CancellationToken.None));

        Assert.Equal(ClipHubProblem.NoSpace, error.Problem);
        Assert.Contains($"{hub.Files["onnx/vision_model.onnx"].Length:N0}", error.Message, StringComparison.Ordinal);
        Assert.Empty(System.IO.Directory.GetFiles(Path.Combine(cache, "models--tests--tiny-clip", "blobs")));
        System.IO.Directory.Delete(cache, recursive: true);
    }

    [Fact]
    public void List_Verify_Remove_KnowWhatIsThere()
    {
        var hub = Start(new TestHub(ModelFiles()));
        Fetch(hub);
        var cache = new ClipHub(hub.Options(CacheFolder), Environment);

        var snapshot = Assert.Single(cache.List());
        Assert.Equal((TestHub.Id, TestHub.Commit), (snapshot.Id, snapshot.Commit));
        Assert.Equal(["main"], snapshot.Revisions);
        Assert.Equal(hub.Files.Keys.Order(StringComparer.Ordinal), snapshot.Files);
        Assert.Equal(hub.Files.Values.Sum(f => f.Length), snapshot.Bytes);
        Assert.Empty(cache.Verify(TestHub.Id));

        string damaged = Path.Combine(snapshot.Directory, "config.json");
        File.WriteAllBytes(damaged, new byte[hub.Files["config.json"].Length]);
        var fault = Assert.Single(cache.Verify(TestHub.Id, removeDamaged: true));
        Assert.Equal(("config.json", true), (fault.File, fault.IsDamaged));
        Assert.Contains(hub.Etag("config.json"), fault.Text, StringComparison.Ordinal);
        Assert.False(Path.Exists(damaged));
        Fetch(hub);
        Assert.Empty(cache.Verify(TestHub.Id));

        Assert.True(cache.Remove(TestHub.Id, TestHub.Commit) >= snapshot.Bytes);
        Assert.Empty(cache.List());
        Assert.Empty(System.IO.Directory.GetFiles(CachePath("blobs")));
        Assert.Equal(0, cache.Remove("tests/unknown"));
    }

    [Fact]
    public void Download_DataSet_BringsTheFilesThatAreWanted()
    {
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { ["data/test.parquet"] = new byte[20_000], ["data/train.parquet"] = new byte[30_000] })
        { ApiId = "datasets/tests/pets" });

        string folder = new ClipHub(hub.Options(CacheFolder), Environment).Download("datasets/tests/pets", name => name.Contains("test", StringComparison.Ordinal));

        Assert.Equal(Path.Combine(CacheFolder, "datasets--tests--pets", "snapshots", TestHub.Commit), folder);
        Assert.Equal(20_000, hub.Cdn.BytesSent);
        Assert.Equal("datasets/tests/pets", Assert.Single(new ClipHub(hub.Options(CacheFolder)).List()).Id);
    }

    private IEnumerable<string> Tree() => System.IO.Directory.GetFiles(CacheFolder, "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(CacheFolder, f) + (new FileInfo(f).LinkTarget is { } target ? $" -> {target}" : "")).Order(StringComparer.Ordinal);
}
