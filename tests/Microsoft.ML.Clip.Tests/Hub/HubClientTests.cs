namespace Microsoft.ML.Clip.Tests;

/// <summary>What is sent where, and what refusals mean.</summary>
public sealed class HubClientTests : HubFixture
{
    // .NET's own reader threw while a text was asked for, past all who wait for invalid data.
    [Theory]
    [InlineData("""[{"type":"file","oid":"\ud800","size":1,"path":"a"}]""")]
    [InlineData("""[{"type":"\ud800","oid":"0123456789012345678901234567890123456789","size":1,"path":"a"}]""")]
    [InlineData("""[{"type":"file","oid":"0123456789012345678901234567890123456789","size":1,"path":"a\udc00"}]""")]
    [InlineData("[{\"type\":\"file\",\"path\":\"\u00ff\"}]")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    [InlineData("{}")]
    [InlineData("")]
    public void ReadPage_WhatIsNoPage_IsInvalidData(string page)
    {
        byte[] json = System.Text.Encoding.Latin1.GetBytes(page);

        Assert.StartsWith("the hub", Assert.Throws<InvalidDataException>(() => HubListing.ReadPage(json, "the hub")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Token_GoesToTheHubAlone()
    {
        var hub = Start(new TestHub(ModelFiles()));

        Fetch(hub, options: hub.Options(CacheFolder) with { Token = "hf_secret" });

        Assert.All(hub.Hub.Requests, r => Assert.Equal("Bearer hf_secret", r.Token));
        Assert.NotEmpty(hub.Cdn.Requests);
        Assert.All(hub.Cdn.Requests, r => Assert.Null(r.Token));
    }

    [Fact]
    public void Token_DoesNotStandInTheOptionsText() =>
        Assert.DoesNotContain("hf_secret", new ClipHubOptions { Token = "hf_secret" }.ToString(), StringComparison.Ordinal);

    [Fact]
    public void Redirects_WithinTheHub_AreFollowedWithTheToken()
    {
        // A repository that was renamed.
        var hub = Start(new TestHub(ModelFiles()));
        hub.OnHub = request => request.Target.Contains("tests/old-name", StringComparison.Ordinal)
            ? new TestReply(307) { Headers = { ["Location"] = request.Target.Replace("tests/old-name", TestHub.Id, StringComparison.Ordinal) } } : null;

        using var clip = Load(hub, hub.Options(CacheFolder) with { Token = "hf_secret" }, id: "tests/old-name");

        Assert.All(hub.Hub.Requests, r => Assert.Equal("Bearer hf_secret", r.Token));
        Assert.All(hub.Cdn.Requests, r => Assert.Null(r.Token));
    }

    [Fact]
    public void Redirects_WithoutEnd_AreAnError()
    {
        var hub = Start(new TestHub(ModelFiles()));
        hub.OnHub = request => new TestReply(302) { Headers = { ["Location"] = request.Target } };

        Assert.Contains("from one address to the next", Assert.Throws<ClipHubException>(() => Fetch(hub)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Headers_ThatAProxyDrops_AreNotNeeded()
    {
        var hub = Start(new TestHub(ModelFiles()));
        hub.OnReply = (_, reply) =>
        {
            foreach (string name in (string[])["X-Repo-Commit", "X-Linked-Etag", "X-Linked-Size", "ETag"])
            {
                reply.Headers.Remove(name);
            }
        };

        Fetch(hub);

        AssertFetched(hub);
    }

    [Fact]
    public void NextPage_OfTheHubThatAMirrorMirrors_IsAskedOfTheMirror()
    {
        var hub = Start(new TestHub(ModelFiles()));
        hub.OnReply = (_, reply) =>
        {
            if (reply.Headers.TryGetValue("Link", out string? link))
            {
                reply.Headers["Link"] = link.Replace(hub.Endpoint, "https://hub.invalid", StringComparison.Ordinal);
            }
        };

        Fetch(hub);

        AssertFetched(hub);
    }

    [Theory, InlineData("tests/tiny-klip", "tests/tiny-clip"), InlineData("clip-vit-base-patch32", "Xenova/clip-vit-base-patch32"),
        InlineData("xenova/clip-vit-base-path32", "Xenova/clip-vit-base-patch32")]
    public void UnknownId_AsksWhetherAnotherWasMeant(string id, string meant)
    {
        var hub = Start(new TestHub(ModelFiles()));
        Fetch(hub, ["config.json"]);

        var error = Assert.Throws<ClipHubException>(() => Load(hub, id: id));

        Assert.Equal(ClipHubProblem.RepositoryNotFound, error.Problem);
        Assert.Equal(id, error.Repository);
        Assert.Contains($"Did you mean '{meant}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("private", error.Message, StringComparison.Ordinal);
        Assert.Empty(Waits);
    }

    [Theory]
    [InlineData(403, "GatedRepo", "Access to model is restricted", false, ClipHubProblem.Gated, "accept its conditions")]
    [InlineData(401, "GatedRepo", "Access to model is restricted", false, ClipHubProblem.Gated, "HF_TOKEN")]
    [InlineData(404, "RepoNotFound", null, false, ClipHubProblem.RepositoryNotFound, "private")]
    [InlineData(401, null, "Invalid username or password.", false, ClipHubProblem.RepositoryNotFound, "No token was sent")]
    [InlineData(401, null, "Invalid credentials in Authorization header", true, ClipHubProblem.InvalidToken, "expired")]
    [InlineData(403, null, null, true, ClipHubProblem.Gated, "A token was sent")]
    [InlineData(404, "RevisionNotFound", "Invalid rev id: main", false, ClipHubProblem.RevisionNotFound, "main")]
    [InlineData(418, null, null, false, ClipHubProblem.Refused, "418")]
    public void Refusals_SayWhatToDo(int status, string? code, string? message, bool hasToken, ClipHubProblem problem, string part)
    {
        var hub = Start(new TestHub(ModelFiles()));
        hub.OnHub = _ =>
        {
            var reply = new TestReply(status);
            if (code is not null)
            {
                reply.Headers["X-Error-Code"] = code;
            }
            if (message is not null)
            {
                reply.Headers["X-Error-Message"] = message;
            }
            return reply;
        };

        var error = Assert.Throws<ClipHubException>(() => Load(hub, hub.Options(CacheFolder) with { Token = hasToken ? "hf_secret" : "" }));

        Assert.Equal(problem, error.Problem);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_secret", error.Message, StringComparison.Ordinal);
        Assert.Empty(Waits);
    }

    [Theory, InlineData("<html>Sign in</html>"), InlineData("{}"), InlineData("{\"sha\":\"../../x\"}"), InlineData("[]")]
    public void Answer_OfAPageThatIsNoHub_SaysSo(string answer)
    {
        var hub = Start(new TestHub(ModelFiles()));
        hub.OnHub = _ => new TestReply(200, System.Text.Encoding.UTF8.GetBytes(answer));

        var error = Assert.Throws<ClipHubException>(() => Fetch(hub));

        Assert.Equal(ClipHubProblem.Refused, error.Problem);
        Assert.Contains(hub.Endpoint, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HF_HUB_CACHE=/a;HUGGINGFACE_HUB_CACHE=/b;HF_HOME=/c;XDG_CACHE_HOME=/d", "/a")]
    [InlineData("HUGGINGFACE_HUB_CACHE=/b;HF_HOME=/c;XDG_CACHE_HOME=/d", "/b")]
    [InlineData("HF_HOME=/c;XDG_CACHE_HOME=/d", "/c/hub")]
    [InlineData("XDG_CACHE_HOME=/d", "/d/huggingface/hub")]
    [InlineData("", "/home/me/.cache/huggingface/hub")]
    [InlineData("HF_HOME=~/models", "/home/me/models/hub")]
    [InlineData("HF_HUB_CACHE=$ROOT/${SUB}/$UNKNOWN;ROOT=/r;SUB=s", "/r/s/$UNKNOWN")]
    public void CacheDirectory_FollowsPythonsOrder(string variables, string expected) =>
        Assert.Equal(expected, Of(variables).CacheDirectory.Replace('\\', '/'));

    [Theory]
    [InlineData("HF_TOKEN= t1 ;HUGGING_FACE_HUB_TOKEN=t2", "t1")]
    [InlineData("HUGGING_FACE_HUB_TOKEN=t2", "t2")]
    [InlineData("HF_TOKEN=t1;HF_HUB_DISABLE_IMPLICIT_TOKEN=true", null)]
    [InlineData("", null)]
    public void Token_FollowsPythonsOrder(string variables, string? expected) => Assert.Equal(expected, Of(variables).Token);

    [Fact]
    public void Token_OfTheFileThatSigningInWrites_IsFound()
    {
        Variables["HF_HOME"] = Directory;
        Directory.Write("token", "hf_file\n");
        Assert.Equal("hf_file", Environment.Token);

        Variables["HF_TOKEN_PATH"] = Directory.Write("elsewhere", "hf_elsewhere");
        Assert.Equal("hf_elsewhere", Environment.Token);
    }

    [Fact]
    public void OtherVariables_AreRead()
    {
        var environment = Of("HF_ENDPOINT=https://mirror.example/;HF_HUB_OFFLINE=on;HF_HUB_ETAG_TIMEOUT=2.5;HF_HUB_DOWNLOAD_TIMEOUT=x;HF_HUB_DISABLE_SYMLINKS=YES");

        Assert.Equal("https://mirror.example", environment.Endpoint);
        Assert.True(environment.IsOffline && environment.DisablesLinks);
        Assert.Equal((2.5, 10), (environment.AnswerTimeout.TotalSeconds, environment.DownloadTimeout.TotalSeconds));
        Assert.Equal(("https://huggingface.co", false), (Of("").Endpoint, Of("HF_HUB_OFFLINE=0").IsOffline));
    }

    [Theory, InlineData("ftp://x"), InlineData("huggingface.co"), InlineData("https://user:password@x")]
    public void Endpoint_ThatIsNone_IsRefused(string endpoint) =>
        Assert.Throws<ArgumentException>(() => ClipModel.FromHub(TestHub.Id, new() { Endpoint = endpoint, CacheDirectory = CacheFolder }));

    [Theory, InlineData("../x"), InlineData("a\\b"), InlineData("/x")]
    public void Revision_ThatIsNone_IsRefused(string revision) =>
        Assert.Throws<ArgumentException>(() => ClipModel.FromHub(TestHub.Id, new() { Revision = revision, CacheDirectory = CacheFolder }));

    [Fact]
    public void Hash_OfKnownContents_IsGitsAndSha256()
    {
        string file = Directory.Write("hello", "hello\n");

        // git hash-object, sha256sum.
        Assert.Equal("ce013625030ba8dba906f756967f9e9ca394464a", HubHash.OfFile(file, new string('0', 40), CancellationToken.None));
        Assert.Equal(TestHub.Sha256("hello\n"u8.ToArray()), HubHash.OfFile(file, new string('0', 64), CancellationToken.None));
    }

    private static HubEnvironment Of(string variables)
    {
        var values = variables.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        return new HubEnvironment(values.GetValueOrDefault, "/home/me");
    }
}
