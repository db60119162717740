using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A hub, or what stands in its place, that tells nonsense: refused as what it is, within bounds, and nothing of it is kept.</summary>
public sealed class HubLiesTests : HubFixture
{
    private const string Oid = "0123456789abcdef0123456789abcdef01234567";

    [Theory]
    [InlineData("<http://[>; rel=\"next\"")]
    [InlineData("<http:///>; rel=\"next\"")]
    [InlineData("<file:///etc/hostname>; rel=\"next\"")]
    [InlineData("<ftp://127.0.0.1/api>; rel=\"next\"")]
    [InlineData("<http://127.0.0.1:9/elsewhere>; rel=\"next\"")]
    public void Pages_ThatLeadNowhere_AreRefused(string link)
    {
        var hub = Hub(_ => Page("a.txt"), link);

        var error = Assert.Throws<ClipHubException>(() => Fetch(hub));

        Assert.Equal(ClipHubProblem.Refused, error.Problem);
        AssertNothingKept();
    }

    // Half a list would be taken for all that there is.
    [Fact]
    public void Pages_InACircle_AreRefused()
    {
        var hub = Hub(_ => Page("a.txt"), link: null);
        hub.OnReply = (request, reply) => reply.Headers["Link"] = $"<{hub.Endpoint}{request.Target}>; rel=\"next\"";

        Assert.Equal(ClipHubProblem.Refused, Assert.Throws<ClipHubException>(() => Fetch(hub)).Problem);
        AssertNothingKept();
    }

    [Fact]
    public void Pages_WithoutEnd_AreRefused()
    {
        int page = 0;
        var hub = Hub(_ => Page($"{page}.txt"), link: null);
        hub.OnReply = (request, reply) => reply.Headers["Link"] = $"<{hub.Endpoint}{request.Path}?cursor={++page}>; rel=\"next\"";

        Assert.Equal(ClipHubProblem.Refused, Assert.Throws<ClipHubException>(() => Fetch(hub)).Problem);
        AssertNothingKept();
        Assert.InRange(hub.RequestCount, 2, 5_000);
    }

    [Theory]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("9223372036854775807", "5")]
    [InlineData("-1", "5")]
    [InlineData("1e30", "5")]
    [InlineData("\"5\"", "5")]
    public void Sizes_ThatNobodyHas_AreRefused(string first, string second)
    {
        var hub = Hub(_ => $"[{Entry("a.onnx", first)},{Entry("b.onnx", second)}]");

        var error = Assert.Throws<ClipHubException>(() => Fetch(hub, ["a.onnx", "b.onnx"]));

        Assert.Contains(error.Problem, (ClipHubProblem[])[ClipHubProblem.Refused, ClipHubProblem.NoSpace]);
        AssertNothingKept();
    }

    [Fact]
    public void Names_ThatStandTwice_AreRefusedWhereTheyDiffer()
    {
        string other = Oid.Replace('0', '1');
        var hub = Hub(_ => $"[{Entry("a.txt", "5")},{Entry("a.txt", "5").Replace(Oid, other, StringComparison.Ordinal)}]");

        var error = Assert.Throws<ClipHubException>(() => Fetch(hub, ["a.txt"]));

        Assert.Equal(ClipHubProblem.Refused, error.Problem);
        Assert.Contains("'a.txt'", error.Message, StringComparison.Ordinal);
        AssertNothingKept();
    }

    [Theory]
    [InlineData("http://["), InlineData("//"), InlineData("http:///x"), InlineData("file:///etc/hostname"), InlineData("\\\\host\\share")]
    public void Redirects_ThatLeadNowhere_AreRefused(string location)
    {
        var hub = Start(new TestHub(ModelFiles()));
        hub.OnHub = _ => new TestReply(302) { Headers = { ["Location"] = location } };

        _ = Assert.Throws<ClipHubException>(() => Fetch(hub));

        AssertNothingKept();
    }

    [Fact]
    public void Json_NestedWithoutEnd_IsRefused()
    {
        byte[] deep = Encoding.ASCII.GetBytes(new string('[', 10_000) + new string(']', 10_000));
        var hub = Start(new TestHub(ModelFiles()));
        foreach (string part in (string[])["/revision/", "/tree/"])
        {
            hub.OnHub = request => request.Path.Contains(part, StringComparison.Ordinal) ? new TestReply(200, deep) : null;

            Assert.Equal(ClipHubProblem.Refused, Assert.Throws<ClipHubException>(() => Fetch(hub)).Problem);
        }
        AssertNothingKept();
    }

    [Fact]
    public void Json_PackedTooWell_IsRefused()
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 80; i++)
            {
                zip.Write(zeros);
            }
        }
        var hub = Start(new TestHub(ModelFiles()));
        hub.OnHub = request => request.Path.Contains("/tree/", StringComparison.Ordinal) ? new TestReply(200, packed.ToArray()) { Headers = { ["Content-Encoding"] = "gzip" } } : null;

        Assert.Contains("more than", Assert.Throws<ClipHubException>(() => Fetch(hub)).Message, StringComparison.Ordinal);
        AssertNothingKept();
    }

    [Fact]
    public void Names_ByTheHundredThousand_AreListed()
    {
        string names = string.Join(',', Enumerable.Range(0, 100_000).Select(i => Entry($"data/{i}.bin", "5")));
        var hub = Hub(_ => $"[{names}]");

        Assert.Throws<ClipHubException>(() => ClipModel.FromHubAsync(Fetcher(hub), new(), TestContext.Current.CancellationToken).GetAwaiter().GetResult());
    }

    [Theory]
    [InlineData("onnx/nul"), InlineData("CON.onnx"), InlineData("a/aux.json/b"), InlineData("com1.txt"), InlineData("LPT9"), InlineData("onnx/.. /x"), InlineData("onnx/x."), InlineData("... /x")]
    [InlineData("a:b"), InlineData("x\u00b9/com\u00b9")]
    public void Names_OfDevices_AreUnsafeOnWindows(string name) => Assert.NotNull(HubNames.WhyUnsafe(name, onWindows: true));

    [Theory]
    [InlineData("onnx/console.onnx"), InlineData("null.json"), InlineData(".gitattributes"), InlineData("com10"), InlineData("auxiliary/x.y.z")]
    public void Names_LikeDevices_AreSafe(string name) => Assert.Null(HubNames.WhyUnsafe(name, onWindows: true));

    // Links that lead to themselves, or nowhere, are as good as none.
    [Fact]
    public void Cache_WithLinksInCircles_IsMended()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege there");
        var hub = Start(new TestHub(ModelFiles()));
        Fetch(hub);
        string path = CachePath($"snapshots/{TestHub.Commit}/config.json"), other = CachePath($"snapshots/{TestHub.Commit}/tokenizer_config.json");
        foreach (var (link, target) in ((string, string)[])[(path, "config.json"), (other, "nowhere")])
        {
            File.Delete(link);
            File.CreateSymbolicLink(link, target);
        }
        var all = new ClipHub(hub.Options(CacheFolder));
        Assert.Contains(all.Verify(TestHub.Id), f => f.File == "config.json" && f.IsDamaged);

        Fetch(hub);

        AssertFetched(hub);
    }

    [Fact]
    public void Cache_WhoseSnapshotIsAFile_IsNamed()
    {
        var hub = Start(new TestHub(ModelFiles()));
        System.IO.Directory.CreateDirectory(CachePath("snapshots"));
        File.WriteAllText(CachePath($"snapshots/{TestHub.Commit}"), "foreign");

        var error = Assert.Throws<ClipHubException>(() => Fetch(hub));

        Assert.Equal(ClipHubProblem.Cache, error.Problem);
        Assert.Contains(CacheFolder, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0123456789abcdef0123456789abcdef01234567\r\n"), InlineData("\n\n0123456789abcdef0123456789abcdef01234567")]
    public void Cache_WhoseRefHasLineBreaks_IsReadOffline(string text)
    {
        var hub = Start(new TestHub(ModelFiles()));
        Fetch(hub);
        File.WriteAllText(CachePath("refs/main"), text);

        using var clip = Load(hub, hub.Options(CacheFolder) with { Offline = true });

        Assert.NotNull(clip.EncodeText("a cat"));
    }

    [Fact]
    public void Cache_WhoseRefIsADirectory_IsNamed()
    {
        var hub = Start(new TestHub(ModelFiles()));
        System.IO.Directory.CreateDirectory(CachePath("refs/main"));

        Fetch(hub);

        AssertFetched(hub);
        Assert.Equal(ClipHubProblem.NotCached, Assert.Throws<ClipHubException>(() => Load(hub, hub.Options(CacheFolder) with { Offline = true })).Problem);
    }

    private TestHub Hub(Func<TestRequest, string> list, string? link = null)
    {
        var hub = Start(new TestHub(ModelFiles()));
        hub.OnHub = request =>
        {
            if (!request.Path.Contains("/tree/", StringComparison.Ordinal))
            {
                return null;
            }
            var reply = new TestReply(200, Encoding.UTF8.GetBytes(list(request)));
            if (link is not null)
            {
                reply.Headers["Link"] = link;
            }
            return reply;
        };
        return hub;
    }

    private static string Page(string name) => $"[{Entry(name, "5")}]";

    private static string Entry(string name, string size) => $$"""{ "type": "file", "path": "{{name}}", "size": {{size}}, "oid": "{{Oid}}" }""";

    private void AssertNothingKept() => Assert.False(System.IO.Directory.Exists(CachePath("snapshots")) || System.IO.Directory.Exists(CachePath("trees")), "something of it was kept");
}
