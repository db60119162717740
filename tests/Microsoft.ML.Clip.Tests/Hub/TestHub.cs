using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// A hub and, on another port, the place where its large files lie: what huggingface.co speaks, on this machine. Large files lie elsewhere, behind a signed
/// address that holds for a while, and a pointer stands in their place; small ones are Git's own.
/// </summary>
internal sealed class TestHub : IDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567", Id = "tests/tiny-clip";

    // By the array itself.
    private readonly ConcurrentDictionary<byte[], string> _hashes = [];

    private int _signature;

    public TestHub(IReadOnlyDictionary<string, byte[]> files)
    {
        Files = new(files, StringComparer.Ordinal);
        (Hub, Cdn) = (new TestServer(AnswerHub), new TestServer(AnswerCdn));
    }

    public Dictionary<string, byte[]> Files { get; }

    public TestServer Hub { get; }

    public TestServer Cdn { get; }

    public string Endpoint => Hub.Address;

    /// <summary>"models/ID" or "datasets/ID", as the API has it.</summary>
    public string ApiId { get; init; } = "models/" + Id;

    /// <summary>From how many bytes on a file lies elsewhere.</summary>
    public int LargeFrom { get; init; } = 10_000;

    public int PageSize { get; init; } = 5;

    /// <summary>Answers in the place of the hub; null leaves it to the hub.</summary>
    public Func<TestRequest, TestReply?> OnHub { get; set; } = _ => null;

    /// <summary>Answers in the place of the other server; null leaves it to that.</summary>
    public Func<TestRequest, TestReply?> OnCdn { get; set; } = _ => null;

    /// <summary>Changes what is answered, wherever.</summary>
    public Action<TestRequest, TestReply> OnReply { get; set; } = (_, _) => { };

    /// <summary>Addresses with a lower number have expired.</summary>
    public int ExpiredBelow { get; set; }

    public int RequestCount => Hub.Requests.Count + Cdn.Requests.Count;

    public IEnumerable<TestRequest> Requests => Hub.Requests.Concat(Cdn.Requests);

    public static string GitHash(byte[] content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")));
        hash.AppendData(content);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public bool IsLarge(string name) => Files[name].Length >= LargeFrom;

    public string Etag(string name) => IsLarge(name) ? HashOf(Files[name]) : GitHash(Files[name]);

    public string Pointer(string name) => $"version https://git-lfs.github.com/spec/v1\noid sha256:{HashOf(Files[name])}\nsize {Files[name].Length}\n";

    public ClipHubOptions Options(string cache) => new() { Endpoint = Endpoint, CacheDirectory = cache, Token = "" };

    public void Dispose()
    {
        Hub.Dispose();
        Cdn.Dispose();
    }

    /// <summary>A whole file, or the part that is asked for.</summary>
    public static TestReply Bytes(TestRequest request, byte[] content)
    {
        if (request.From == 0)
        {
            return new(200, content);
        }
        return request.From >= content.Length ? new(416) { Headers = { ["Content-Range"] = $"bytes */{content.Length}" } }
            : new(206, content[(int)request.From..]) { Headers = { ["Content-Range"] = $"bytes {request.From}-{content.Length - 1}/{content.Length}" } };
    }

    private string HashOf(byte[] content) => _hashes.GetOrAdd(content, Sha256);

    private TestReply AnswerHub(TestRequest request)
    {
        var reply = OnHub(request) ?? Hubs(request);
        OnReply(request, reply);
        return reply;
    }

    private TestReply AnswerCdn(TestRequest request)
    {
        var reply = OnCdn(request) ?? Cdns(request);
        OnReply(request, reply);
        return reply;
    }

    private TestReply Hubs(TestRequest request)
    {
        string prefix = $"/api/{ApiId}/", files = $"/{(ApiId.StartsWith("models/", StringComparison.Ordinal) ? ApiId["models/".Length..] : ApiId)}/resolve/{Commit}/";
        if (request.Path.StartsWith(prefix + "revision/", StringComparison.Ordinal))
        {
            return request.Path.Split('/')[^1] is "main" or Commit ? Json(new { id = Id, sha = Commit, @private = false })
                : new(404) { Headers = { ["X-Error-Code"] = "RevisionNotFound", ["X-Error-Message"] = "Invalid rev id" } };
        }
        if (request.Path == prefix + "tree/" + Commit)
        {
            return List(request);
        }
        if (request.Path.StartsWith(files, StringComparison.Ordinal))
        {
            string name = Uri.UnescapeDataString(request.Path[files.Length..]);
            return Files.ContainsKey(name) ? Resolve(request, name) : new(404) { Headers = { ["X-Error-Code"] = "EntryNotFound" } };
        }
        // What the hub says to strangers, so as not to tell which private repositories there are.
        return new(401) { Headers = { ["X-Error-Message"] = "Invalid username or password." } };
    }

    private TestReply List(TestRequest request)
    {
        string[] names = [.. Files.Keys.Order(StringComparer.Ordinal)];
        int from = request.Target.Split("cursor=") is [_, var cursor] ? int.Parse(cursor, CultureInfo.InvariantCulture) : 0;
        var page = names.Skip(from).Take(PageSize).Select(name => IsLarge(name)
            ? (object)new
            {
                type = "file",
                path = name,
                size = Files[name].Length,
                oid = GitHash(Encoding.ASCII.GetBytes(Pointer(name))),
                lfs = new { oid = Etag(name), size = Files[name].Length, pointerSize = Pointer(name).Length },
                xetHash = Sha256(Encoding.ASCII.GetBytes(name)),
            }
            : new { type = "file", path = name, size = Files[name].Length, oid = Etag(name) });
        var reply = Json(from == 0 ? page.Prepend(new { type = "directory", path = "onnx", size = 0, oid = new string('d', 40) }) : page);
        if (from + PageSize < names.Length)
        {
            reply.Headers["Link"] = $"<{Endpoint}{request.Path}?recursive=true&expand=false&cursor={from + PageSize}>; rel=\"next\"";
        }
        return reply;
    }

    private TestReply Resolve(TestRequest request, string name)
    {
        if (IsLarge(name))
        {
            string signed = $"{Cdn.Address}/{Etag(name)}?Expires=1&Signature={Interlocked.Increment(ref _signature)}";
            return new(302)
            {
                Headers =
                {
                    ["Location"] = signed, ["X-Repo-Commit"] = Commit, ["X-Linked-Etag"] = $"\"{Etag(name)}\"",
                    ["X-Linked-Size"] = Files[name].Length.ToString(CultureInfo.InvariantCulture), ["X-Xet-Hash"] = Etag(name),
                },
            };
        }
        var reply = Bytes(request, Files[name]);
        reply.Headers["ETag"] = $"\"{Etag(name)}\"";
        reply.Headers["X-Repo-Commit"] = Commit;
        return reply;
    }

    private TestReply Cdns(TestRequest request)
    {
        int signature = int.Parse(request.Target.Split("Signature=")[^1], CultureInfo.InvariantCulture);
        return signature < ExpiredBelow ? new(403, "<Error><Code>AccessDenied</Code></Error>"u8.ToArray())
            : Bytes(request, Files.Values.First(content => HashOf(content) == request.Path[1..]));
    }

    private static TestReply Json(object value) => new(200, JsonSerializer.SerializeToUtf8Bytes(value)) { Headers = { ["Content-Type"] = "application/json" } };
}
