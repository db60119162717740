using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A request as it came.</summary>
internal sealed record TestRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers)
{
    public string Path => Target.Split('?')[0];

    public string? Token => Headers.GetValueOrDefault("authorization");

    /// <summary>The first byte that is asked for.</summary>
    public long From => Headers.GetValueOrDefault("range") is { } range ? long.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : 0;
}

/// <summary>What a test server answers.</summary>
internal sealed class TestReply(int status, byte[]? body = null)
{
    public int Status { get; init; } = status;

    public byte[] Body { get; init; } = body ?? [];

    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>After how many bytes of the body the connection ends.</summary>
    public long? CutAfter { get; set; }

    /// <summary>Whether it ends after them without being closed: no more bytes come.</summary>
    public bool Stalls { get; init; }

    /// <summary>Whether the length is told; otherwise the end of the connection is the end.</summary>
    public bool TellsLength { get; init; } = true;
}

/// <summary>
/// Speaks HTTP on a port of this machine, on bare sockets: so that an answer can end at any byte, and no library makes it correct.
/// </summary>
internal sealed class TestServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<TestRequest, TestReply> _answer;
    private readonly CancellationTokenSource _end = new();
    private long _bytesSent;

    public TestServer(Func<TestRequest, TestReply> answer)
    {
        _answer = answer;
        _listener.Start(64);
        _ = Task.Run(AcceptAsync);
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public ConcurrentQueue<TestRequest> Requests { get; } = [];

    /// <summary>The bytes of bodies that were sent.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    public void Dispose()
    {
        _end.Cancel();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                _ = Task.Run(() => ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var own = client;
            client.NoDelay = true;
            var stream = client.GetStream();
            while (await ReadAsync(stream) is { } request)
            {
                Requests.Enqueue(request);
                var reply = _answer(request);
                if (!await WriteAsync(stream, request, reply))
                {
                    client.Client.Shutdown(SocketShutdown.Send);
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private async Task<TestRequest?> ReadAsync(NetworkStream stream)
    {
        var head = new List<byte>();
        byte[] one = new byte[1];
        while (head.Count < 4 || !head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, _end.Token) == 0)
            {
                return null;
            }
            head.Add(one[0]);
        }
        string[] lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries), first = lines[0].Split(' ');
        // A client that takes this for a proxy gives the whole address.
        string target = Uri.TryCreate(first[1], UriKind.Absolute, out var address) && address.Scheme == "http" ? address.PathAndQuery : first[1];
        return new TestRequest(first[0], target, lines.Skip(1).Select(l => l.Split(':', 2)).ToDictionary(l => l[0].ToLowerInvariant(), l => l[1].Trim()));
    }

    /// <returns>Whether the connection goes on.</returns>
    private async Task<bool> WriteAsync(NetworkStream stream, TestRequest request, TestReply reply)
    {
        var head = new StringBuilder($"HTTP/1.1 {reply.Status} {(HttpStatusCode)reply.Status}\r\n");
        foreach (var (name, value) in reply.Headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }
        if (reply.TellsLength && !reply.Headers.ContainsKey("Content-Length"))
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {reply.Body.Length}\r\n");
        }
        head.Append(reply.TellsLength ? "\r\n" : "Connection: close\r\n\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.ToString()), _end.Token);
        if (request.Method == "HEAD")
        {
            return true;
        }
        int count = (int)Math.Min(reply.CutAfter ?? long.MaxValue, reply.Body.Length);
        const int Piece = 1 << 16;
        for (int sent = 0; sent < count; sent += Piece)
        {
            int piece = Math.Min(Piece, count - sent);
            // Counted first: when they have come, they are counted.
            Interlocked.Add(ref _bytesSent, piece);
            await stream.WriteAsync(reply.Body.AsMemory(sent, piece), _end.Token);
        }
        if (reply.Stalls)
        {
            await Task.Delay(Timeout.Infinite, _end.Token);
        }
        return reply.CutAfter is null && reply.TellsLength;
    }
}
