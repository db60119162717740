using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>From an id to a model: the files of one variant and no others, and no request where none is needed.</summary>
public sealed class HubModelTests : HubFixture
{
    private static readonly string[] Unwanted = ["README.md", ".gitattributes", "onnx/model.onnx", "onnx/vision_model_fp16.onnx", "model.safetensors", "images/cat.json"];

    [Fact]
    public void FromHub_ModelOfTheRepository_EmbedsAsTheDirectoryDoes()
    {
        var hub = Start(new TestHub(ModelFiles()));
        using var expected = ClipModel.Load(Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip"));

        using var clip = Load(hub);

        Assert.Equal(expected.EncodeTexts(["a photo of a cat"])[0], clip.EncodeTexts(["a photo of a cat"])[0]);
    }

    [Fact]
    public void FromHub_OneVariant_BringsItsFilesOnly()
    {
        var hub = Start(new TestHub(ModelFiles()));
        foreach (string name in Unwanted)
        {
            hub.Files[name] = new byte[20_000];
        }

        using var clip = Load(hub);

        AssertFetched(hub, [.. hub.Files.Keys.Except(Unwanted)]);
        Assert.All(Unwanted, name => Assert.False(Path.Exists(CachePath($"snapshots/{TestHub.Commit}/{name}"))));
    }

    [Fact]
    public void FromHub_Variant_BringsThatVariant()
    {
        var hub = Start(new TestHub(ModelFiles()));
        hub.Files["onnx/vision_model_fp16.onnx"] = hub.Files["onnx/vision_model.onnx"];
        hub.Files["onnx/text_model_fp16.onnx"] = hub.Files["onnx/text_model.onnx"];

        using var clip = Load(hub, model: new() { Variant = "fp16" });

        Assert.Equal(["text_model_fp16.onnx", "vision_model_fp16.onnx"],
            System.IO.Directory.GetFiles(CachePath($"snapshots/{TestHub.Commit}/onnx")).Select(Path.GetFileName).Order());
    }

    [Theory, InlineData("onnx/model.onnx_data"), InlineData("weights.bin")]
    public void FromHub_WeightsInAnotherFile_LoadsThemBehindLinks(string data)
    {
        string plain = TinyClip.WriteTo(Directory.Combine("plain"), new() { ExternalData = true, Combined = true });
        var files = System.IO.Directory.GetFiles(plain, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(plain, f).Replace('\\', '/'), File.ReadAllBytes);
        string written = Assert.Single(files.Keys, n => n.EndsWith("_data", StringComparison.Ordinal));
        string graph = Assert.Single(files.Keys, n => n.EndsWith(".onnx", StringComparison.Ordinal));
        if (data == "weights.bin")
        {
            // A name that only the graph tells, as long as the other one.
            string name = Path.GetFileName(written), other = "weights.bin".PadRight(name.Length, '_');
            files[graph] = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(files[graph]).Replace(name, other, StringComparison.Ordinal));
            files[written[..^name.Length] + other] = files[written];
            files.Remove(written);
        }
        var hub = Start(new TestHub(files) { LargeFrom = 100 });
        using var expected = ClipModel.Load(plain);

        using var clip = Load(hub);

        AssertFetched(hub);
        Assert.Equal(expected.EncodeTexts(["a photo of a cat"])[0], clip.EncodeTexts(["a photo of a cat"])[0]);
        float[] features = new float[TinyClip.ImageWidth];
        clip.EncodePixels(Rows.Of(new float[3 * 8 * 8], 1), ClipFeatures.Encoder, normalize: false, Rows.Of(features, 1));
    }

    [Theory, InlineData("commit"), InlineData("offline"), InlineData("HF_HUB_OFFLINE"), InlineData("TRANSFORMERS_OFFLINE")]
    public void FromHub_Cached_MakesNoRequest(string how)
    {
        var hub = Start(new TestHub(ModelFiles()));
        Load(hub).Dispose();
        int before = hub.RequestCount;
        string[] files = FilesAndTimes();
        var options = hub.Options(CacheFolder) with { Offline = how == "offline" ? true : null, Revision = how == "commit" ? TestHub.Commit : null };
        if (how.EndsWith("OFFLINE", StringComparison.Ordinal))
        {
            Variables[how] = "Yes";
        }

        using var clip = Load(hub, options);

        Assert.Equal(before, hub.RequestCount);
        // A cache that may only be read will do.
        Assert.Equal(files, FilesAndTimes());
    }

    [Fact]
    public void FromHub_CachedBranch_AsksOnce()
    {
        var hub = Start(new TestHub(ModelFiles()));
        Load(hub).Dispose();
        int before = hub.RequestCount;

        Load(hub).Dispose();

        Assert.Equal(before + 1, hub.RequestCount);
    }

    [Fact]
    public void FromHub_OfflineAndAFileIsMissing_NamesIt()
    {
        var hub = Start(new TestHub(ModelFiles()));
        Load(hub).Dispose();
        File.Delete(CachePath($"snapshots/{TestHub.Commit}/tokenizer.json"));
        int before = hub.RequestCount;

        var error = Assert.Throws<ClipHubException>(() => Load(hub, hub.Options(CacheFolder) with { Offline = true }));

        Assert.Equal(ClipHubProblem.NotCached, error.Problem);
        Assert.Contains("'tokenizer.json'", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, hub.RequestCount);
    }

    [Fact]
    public void FromHub_OfflineAndNothingIsThere_SaysSo()
    {
        var hub = Start(new TestHub(ModelFiles()));

        var error = Assert.Throws<ClipHubException>(() => Load(hub, hub.Options(CacheFolder) with { Offline = true }));

        Assert.Equal(ClipHubProblem.NotCached, error.Problem);
        Assert.Contains(TestHub.Id, error.Message, StringComparison.Ordinal);
        Assert.Contains("main", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, hub.RequestCount);
        Assert.False(System.IO.Directory.Exists(CacheFolder));
    }

    [Fact]
    public void FromHub_HubIsGone_TakesTheBranchAsItWasAndSaysSo()
    {
        var hub = Start(new TestHub(ModelFiles()));
        Load(hub).Dispose();
        hub.Dispose();
        var said = new List<string>();

        using var clip = Load(hub);
        clip.Message += (_, message) => said.Add(message.Text);

        Assert.Contains(said, text => text.Contains(TestHub.Commit, StringComparison.Ordinal) && text.Contains("main", StringComparison.Ordinal));
        Assert.Empty(Waits);
    }

    [Fact]
    public void FromHub_FileTruncatedInTheCache_ComesAgain()
    {
        var hub = Start(new TestHub(ModelFiles()));
        Load(hub).Dispose();
        string file = CachePath($"snapshots/{TestHub.Commit}/onnx/text_model.onnx");
        using (var stream = new FileStream(file, FileMode.Open))
        {
            stream.SetLength(1000);
        }

        Load(hub, hub.Options(CacheFolder) with { Revision = TestHub.Commit }).Dispose();

        AssertFetched(hub, "onnx/text_model.onnx");
    }

    [Fact]
    public void FromHub_FileDamagedInTheCache_ComesAgain()
    {
        var hub = Start(new TestHub(ModelFiles()));
        Load(hub).Dispose();
        string file = CachePath($"snapshots/{TestHub.Commit}/onnx/text_model.onnx");
        File.WriteAllBytes(file, new byte[new FileInfo(File.ResolveLinkTarget(file, true)!.FullName).Length]);

        Load(hub, hub.Options(CacheFolder) with { Revision = TestHub.Commit }).Dispose();

        AssertFetched(hub, "onnx/text_model.onnx");
    }

    [Fact]
    public void FromHub_SnapshotWithoutAList_AsksForTheListOnly()
    {
        var hub = Start(new TestHub(ModelFiles()));
        Load(hub).Dispose();
        System.IO.Directory.Delete(CachePath("trees"), recursive: true);
        int before = hub.Hub.Requests.Count;
        var pinned = hub.Options(CacheFolder) with { Revision = TestHub.Commit };

        Load(hub, pinned with { Offline = true }).Dispose();
        Assert.Equal(before, hub.Hub.Requests.Count);
        Load(hub, pinned).Dispose();

        Assert.All(hub.Hub.Requests.Skip(before), r => Assert.Contains("/tree/", r.Path, StringComparison.Ordinal));
        Assert.True(File.Exists(CachePath($"trees/{TestHub.Commit}.json")));
    }

    [Fact]
    public void FromHub_Progress_EndsWithEverything()
    {
        var hub = Start(new TestHub(ModelFiles()));
        var reports = new List<ClipHubProgress>();

        Load(hub, hub.Options(CacheFolder) with { Progress = new Reporter(reports.Add) }).Dispose();

        var last = reports[^1];
        Assert.Equal((last.Files, last.Bytes), (last.FilesDone, last.BytesDone));
        Assert.Equal(hub.Files.Where(f => f.Key != "README.md").Sum(f => f.Value.Length), last.Bytes);
        Assert.True(last.BytesPerSecond > 0);
        Assert.Equal(TimeSpan.Zero, last.Remaining);
    }

    [Fact]
    public void FromHub_NoOnnxFiles_SaysWhichThereAreAndHowToExport()
    {
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { ["config.json"] = "{}"u8.ToArray(), ["model.safetensors"] = new byte[20_000] }));

        var error = Assert.Throws<ClipHubException>(() => Load(hub));

        Assert.Equal(ClipHubProblem.NoModel, error.Problem);
        Assert.Contains("config.json, model.safetensors", error.Message, StringComparison.Ordinal);
        Assert.Contains($"optimum-cli export onnx --model {TestHub.Id}", error.Message, StringComparison.Ordinal);
        Assert.Empty(hub.Cdn.Requests);
    }

    [Fact]
    public void FromHub_VariantThatIsNotThere_NamesThoseThatAre()
    {
        var hub = Start(new TestHub(ModelFiles()));

        var error = Assert.Throws<ClipHubException>(() => Load(hub, model: new() { Variant = "q4" }));

        Assert.Equal(ClipHubProblem.NoModel, error.Problem);
        Assert.Contains("'_q4'", error.Message.Replace("'q4'", "'_q4'", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory, InlineData("../x"), InlineData("/etc/x"), InlineData("C:/x"), InlineData("a//b"), InlineData("a\\b"), InlineData("https://huggingface.co/a/b"), InlineData("a/b/c"),
        InlineData("a--b/c"), InlineData("-a/b"), InlineData("a/b\n")]
    public void FromHub_NoId_SaysWhatIsExpected(string id)
    {
        var error = Assert.Throws<ArgumentException>(() => ClipModel.FromHub(id));

        Assert.Contains("Xenova/clip-vit-base-patch32", error.Message, StringComparison.Ordinal);
    }

    private string[] FilesAndTimes() => [.. System.IO.Directory.GetFileSystemEntries(CacheFolder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(f => $"{f} {File.GetLastWriteTimeUtc(f):O}")];

    private sealed class Reporter(Action<ClipHubProgress> report) : IProgress<ClipHubProgress>
    {
        public void Report(ClipHubProgress value) => report(value);
    }
}
