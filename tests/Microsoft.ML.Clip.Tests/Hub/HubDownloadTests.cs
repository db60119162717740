using System.IO.Compression;
using System.Security.Cryptography;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Files come whole and right, or not at all, whatever the line does.</summary>
public sealed class HubDownloadTests : HubFixture
{
    private const string Name = "onnx/data.bin";

    public static TheoryData<int> Sizes => [300, 20_000];

    [Theory, MemberData(nameof(Sizes))]
    public void Fetch_CutAtEveryByte_GoesOn(int size)
    {
        // A small file whole; of a large one the places around which buffers end.
        byte[] content = RandomNumberGenerator.GetBytes(size);
        int[] places = size < 1000 ? [.. Enumerable.Range(0, size)] : [0, 1, 8191, 8192, 8193, 16383, 16384, 16385, size - 1];
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content }));
        foreach (int place in places)
        {
            if (System.IO.Directory.Exists(CacheFolder))
            {
                System.IO.Directory.Delete(CacheFolder, recursive: true);
            }
            bool isCut = false;
            long before = hub.Hub.BytesSent + hub.Cdn.BytesSent;
            hub.OnReply = (request, reply) =>
            {
                if (request.Method == "GET" && !request.Path.StartsWith("/api", StringComparison.Ordinal) && !isCut)
                {
                    (isCut, reply.CutAfter) = (true, place);
                }
            };

            Fetch(hub, options: hub.Options(CacheFolder) with { Revision = TestHub.Commit });

            Assert.True(isCut);
            AssertFetched(hub);
        }
        int pages = places.Length;
        Assert.True(hub.Cdn.BytesSent + hub.Hub.BytesSent <= (size + 500L) * pages, "bytes were sent twice");
    }

    [Fact]
    public void Fetch_CutAt200Places_SendsFewBytesTwice()
    {
        // 50 MB where there is time.
        bool isSlow = System.Environment.GetEnvironmentVariable("CLIP_SLOW_TESTS") == "1";
        byte[] content = new byte[isSlow ? 50_000_000 : 5_000_000];
        new Random(1).NextBytes(content);
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content }));
        var random = new Random(2);
        var places = new Queue<int>(Enumerable.Range(0, 200).Select(_ => random.Next(content.Length)).Order());
        hub.OnReply = (request, reply) =>
        {
            // At the next place behind the one where this answer begins.
            if (reply.Status is 200 or 206 && reply.Body.Length > 10_000 && places.TryDequeue(out int place))
            {
                reply.CutAfter = Math.Max(0, place - request.From);
            }
        };

        Fetch(hub);

        AssertFetched(hub);
        Assert.Empty(places);
        double again = (double)(hub.Cdn.BytesSent - content.Length) / content.Length;
        TestContext.Current.TestOutputHelper?.WriteLine($"{again:P3} of {content.Length:N0} bytes were sent twice");
        Assert.True(again < 0.02, $"{again:P2} of the bytes were sent twice");
    }

    [Theory, InlineData("the same process"), InlineData("a file of Python's library"), InlineData("longer than the file"), InlineData("whole")]
    public void Fetch_LeftoverOfAnotherRun_GoesOn(string kind)
    {
        byte[] content = RandomNumberGenerator.GetBytes(100_000);
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content }));
        int kept = kind == "whole" ? content.Length : 60_000;
        string suffix = kind == "a file of Python's library" ? ".incomplete" : ".0a1b2c3d.incomplete";
        System.IO.Directory.CreateDirectory(CachePath("blobs"));
        File.WriteAllBytes(CachePath("blobs/" + hub.Etag(Name) + suffix), kind == "longer than the file" ? new byte[100_001] : content[..kept]);

        Fetch(hub);

        AssertFetched(hub);
        Assert.Equal(kind == "longer than the file" ? content.Length : content.Length - kept, hub.Cdn.BytesSent);
    }

    [Fact]
    public void Fetch_LeftoverWithWrongBytes_StartsAnew()
    {
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = RandomNumberGenerator.GetBytes(100_000) }));
        System.IO.Directory.CreateDirectory(CachePath("blobs"));
        File.WriteAllBytes(CachePath("blobs/" + hub.Etag(Name) + ".incomplete"), new byte[60_000]);

        Fetch(hub);

        AssertFetched(hub);
    }

    [Fact]
    public void Fetch_RangeIgnored_StartsAtTheBeginning()
    {
        byte[] content = RandomNumberGenerator.GetBytes(100_000);
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content }));
        int gets = 0;
        hub.OnCdn = request => new TestReply(200, content) { CutAfter = gets++ == 0 ? 70_000 : null };

        Fetch(hub);

        AssertFetched(hub);
        Assert.Equal(70_000, hub.Cdn.Requests.Last().From);
    }

    [Fact]
    public void Fetch_RangeIgnoredAndAlwaysCutThere_EndsWithAnError()
    {
        byte[] content = RandomNumberGenerator.GetBytes(100_000);
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content }));
        hub.OnCdn = _ => new TestReply(200, content) { CutAfter = 70_000 };

        var error = Assert.Throws<ClipHubException>(() => Fetch(hub));

        Assert.Equal(ClipHubProblem.Unreachable, error.Problem);
        Assert.Contains(Name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fetch_RangeNotSatisfiable_StartsAtTheBeginning()
    {
        byte[] content = RandomNumberGenerator.GetBytes(100_000);
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content }));
        bool isFirst = true;
        hub.OnCdn = request =>
        {
            var reply = isFirst ? new TestReply(200, content) { CutAfter = 50_000 } : request.From > 0 ? new TestReply(416) : null;
            isFirst = false;
            return reply;
        };

        Fetch(hub);

        AssertFetched(hub);
    }

    [Theory, InlineData("retry-after", "7", 8), InlineData("ratelimit", "\"resolvers\";r=0;t=55", 56)]
    public void Fetch_TooManyRequests_WaitsAsLongAsIsAsked(string header, string value, int seconds)
    {
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = RandomNumberGenerator.GetBytes(100_000) }));
        int refusals = 0;
        hub.OnHub = request => request.Method == "HEAD" && refusals++ < 2 ? new TestReply(429) { Headers = { [header] = value } } : null;

        Fetch(hub);

        AssertFetched(hub);
        Assert.Equal([TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds)], Waits);
    }

    [Fact]
    public void Fetch_TooManyRequestsForADay_SaysSo()
    {
        var hub = Start(new TestHub(ModelFiles()));
        hub.OnHub = _ => new TestReply(429) { Headers = { ["Retry-After"] = "86400" } };

        var error = Assert.Throws<ClipHubException>(() => Fetch(hub));

        Assert.Equal(ClipHubProblem.TooManyRequests, error.Problem);
        Assert.Empty(Waits);
    }

    [Theory, InlineData(500), InlineData(502), InlineData(503), InlineData(504), InlineData(408)]
    public void Fetch_ServerFailsFourTimes_Works(int status)
    {
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = RandomNumberGenerator.GetBytes(100_000) }));
        int failures = 0;
        hub.OnCdn = _ => failures++ < 4 ? new TestReply(status) : null;

        Fetch(hub);

        AssertFetched(hub);
        Assert.Equal([1, 2, 4, 8], Waits.Select(w => w.TotalSeconds));
    }

    [Fact]
    public void Fetch_ServerFailsForEver_SaysSoAndKeepsWhatCame()
    {
        byte[] content = RandomNumberGenerator.GetBytes(100_000);
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content }));
        hub.OnCdn = request => request.From == 0 ? new TestReply(200, content) { CutAfter = 30_000 } : new TestReply(503);

        var error = Assert.Throws<ClipHubException>(() => Fetch(hub));

        Assert.Equal(ClipHubProblem.Unreachable, error.Problem);
        Assert.Equal(30_000, new FileInfo(Assert.Single(System.IO.Directory.GetFiles(CachePath("blobs")))).Length);
    }

    [Fact]
    public void Fetch_AddressExpires_AsksForAnother()
    {
        byte[] content = RandomNumberGenerator.GetBytes(100_000);
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content }));
        hub.OnReply = (_, reply) =>
        {
            if (reply.Body.Length == content.Length)
            {
                (hub.ExpiredBelow, reply.CutAfter) = (2, 40_000);
            }
        };

        Fetch(hub);

        AssertFetched(hub);
        Assert.Equal(2, hub.Hub.Requests.Count(r => r.Method == "HEAD"));
        Assert.Equal(content.Length, hub.Cdn.BytesSent - "<Error><Code>AccessDenied</Code></Error>".Length);
    }

    [Theory, InlineData("gzip"), InlineData("br"), InlineData("deflate")]
    public void Fetch_PackedUnasked_Unpacks(string encoding)
    {
        byte[] content = new byte[100_000];
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content, ["config.json"] = "{}"u8.ToArray() }));
        int gets = 0;
        hub.OnCdn = _ => new TestReply(200, Pack(content, encoding)) { Headers = { ["Content-Encoding"] = encoding }, CutAfter = gets++ == 0 ? 20 : null };
        hub.OnHub = request => request.Method == "GET" && request.Path.EndsWith("config.json", StringComparison.Ordinal)
            ? new TestReply(200, Pack("{}"u8.ToArray(), encoding)) { Headers = { ["Content-Encoding"] = encoding } } : null;

        Fetch(hub);

        AssertFetched(hub);
        Assert.All(hub.Requests, r => Assert.Equal("identity", r.Headers["accept-encoding"]));
    }

    [Theory, InlineData(-1, true), InlineData(1, true), InlineData(-1, false), InlineData(1, false)]
    public void Fetch_WrongSize_SaysSoAndKeepsNothing(int difference, bool tellsLength)
    {
        byte[] content = RandomNumberGenerator.GetBytes(100_000);
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content }));
        hub.OnCdn = _ => new TestReply(200, difference < 0 ? content[..^1] : [.. content, 0]) { TellsLength = tellsLength };

        var error = Assert.Throws<ClipHubException>(() => Fetch(hub));

        Assert.Equal(difference < 0 && !tellsLength ? ClipHubProblem.Unreachable : ClipHubProblem.WrongContent, error.Problem);
        Assert.Contains("100,000", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(CachePath($"snapshots/{TestHub.Commit}/{Name}")));
        Assert.False(File.Exists(CachePath($"blobs/{hub.Etag(Name)}")));
    }

    [Theory, InlineData(1), InlineData(2)]
    public void Fetch_WrongHash_TriesOnceMore(int times)
    {
        byte[] content = RandomNumberGenerator.GetBytes(100_000), other = [.. content];
        other[50_000] ^= 1;
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content }));
        int gets = 0;
        hub.OnCdn = _ => gets++ < times ? new TestReply(200, other) : null;

        if (times == 1)
        {
            Fetch(hub);

            AssertFetched(hub);
            return;
        }
        var error = Assert.Throws<ClipHubException>(() => Fetch(hub));

        Assert.Equal(ClipHubProblem.WrongContent, error.Problem);
        Assert.Contains(hub.Etag(Name), error.Message, StringComparison.Ordinal);
        Assert.Contains(TestHub.Sha256(other), error.Message, StringComparison.Ordinal);
        Assert.Empty(System.IO.Directory.GetFiles(CachePath("blobs")));
        Assert.Empty(System.IO.Directory.GetFiles(CacheFolder, "*.bin", SearchOption.AllDirectories));
    }

    [Theory, InlineData(0), InlineData(-1), InlineData(2_147_484), InlineData(922_337_203_685)]
    public void Timeout_ThatNoTimerTakes_IsRefused(double seconds)
    {
        var options = new ClipHubOptions { CacheDirectory = CacheFolder, Timeout = TimeSpan.FromSeconds(seconds) };

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => ClipModel.FromHub("tests/tiny-clip", options));

        Assert.Contains($"Timeout is {options.Timeout}; expected more than zero and at most 24.20:31:23.6470000.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fetch_ServerGoesSilent_TriesAgain()
    {
        byte[] content = RandomNumberGenerator.GetBytes(100_000);
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content }));
        bool isFirst = true;
        hub.OnCdn = request =>
        {
            var reply = isFirst ? new TestReply(200, content) { CutAfter = 40_000, Stalls = true } : null;
            isFirst = false;
            return reply;
        };

        Fetch(hub, options: hub.Options(CacheFolder) with { Timeout = TimeSpan.FromSeconds(1) });

        AssertFetched(hub);
        Assert.Equal(40_000, hub.Cdn.Requests.Last().From);
    }

    [Fact]
    public async Task Fetch_Cancelled_KeepsWhatCame()
    {
        byte[] content = RandomNumberGenerator.GetBytes(100_000);
        var hub = Start(new TestHub(new Dictionary<string, byte[]> { [Name] = content }));
        hub.OnCdn = _ => new TestReply(200, content) { CutAfter = 40_000, Stalls = true };
        using var cancellation = new CancellationTokenSource();
        string blobs = CachePath("blobs");
        var fetching = Task.Run(() => Fetch(hub, cancellationToken: cancellation.Token), CancellationToken.None);
        while (!System.IO.Directory.Exists(blobs) || System.IO.Directory.GetFiles(blobs).Sum(f => new FileInfo(f).Length) < 40_000)
        {
            Assert.False(fetching.IsCompleted);
            await Task.Delay(10, CancellationToken.None);
        }

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetching);
        hub.OnCdn = _ => null;
        Fetch(hub);
        AssertFetched(hub);
        Assert.Equal(40_000, hub.Cdn.Requests.Last().From);
    }

    private static byte[] Pack(byte[] content, string encoding)
    {
        using var packed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Fastest),
            "br" => new BrotliStream(packed, CompressionLevel.Fastest),
            _ => new ZLibStream(packed, CompressionLevel.Fastest),
        })
        {
            stream.Write(content);
        }
        return packed.ToArray();
    }
}
