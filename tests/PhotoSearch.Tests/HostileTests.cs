using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;

namespace PhotoSearch.Tests;

/// <summary>What strangers send, and what lies in a folder to do harm.</summary>
public sealed class HostileTests : IAsyncLifetime
{
    // In chunks of 64 KiB.
    private const int Gigabyte = 16_384;

    private const string Script = "<img src=x onerror=alert(1)>.png", Traversal = "up..%2f..%2f..%2fetc%2fpasswd.jpg";

    // The six samples, and those with odd names; on Windows one name is not to be had.
    private const int Photographs = 9;

    private readonly Album _album = new Album().WithSamples();
    private RunningSite _site = null!;

    public async ValueTask InitializeAsync()
    {
        File.Copy(Album.Sample("cat.png"), Path.Combine(_album.Outside, "secret.png"));
        File.Copy(Album.Sample("cat.png"), Path.Combine(_album.Outside, "plain.png"));
        _album.Add("sub/plain.png", TestImages.EncodePng(30, 30, 4));
        if (!OperatingSystem.IsWindows())
        {
            _album.Add(Script, TestImages.EncodePng(30, 30, 1));
            File.CreateSymbolicLink(_album.At("link.png"), Path.Combine(_album.Outside, "secret.png"));
            File.CreateSymbolicLink(_album.At("linked folder"), _album.Outside);
            File.CreateSymbolicLink(_album.At("itself"), _album.Folder);
        }
        _album.Add(Traversal, TestImages.EncodePng(30, 30, 2));
        _album.Add("bomb.png", Bomb());
        _album.Add("page.jpg", "<html><script>alert(1)</script></html>"u8.ToArray());
        _album.Add("page.html", "<html></html>"u8.ToArray());
        _album.Add(".hidden/cat.png", File.ReadAllBytes(Album.Sample("cat.png")));
        _site = await RunningSite.StartReadyAsync(_album, OperatingSystem.IsWindows() ? 8 : Photographs);
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        _album.Dispose();
    }

    [Fact]
    public async Task Folder_LinksHiddenFilesBombsAndPages_AreNotThere()
    {
        string[] names = [.. (await _site.LatestAsync()).Select(p => p.Name)];

        Assert.DoesNotContain("secret.png", names);
        Assert.DoesNotContain("link.png", names);
        Assert.Single(names, "cat.png");
        Assert.Single(names, "plain.png");
        Assert.Contains(Traversal, names);
        Assert.Equal(["bomb.png", "page.jpg"], (await _site.GetAsync<UnreadableAnswer[]>("/api/unreadable")).Select(f => f.Name).Order());
    }

    [Fact]
    public async Task Name_ThatATerminalWouldObey_IsText()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "names hold no such characters there");
        // Clears the screen, and begins a line that looks like the program's own.
        _album.Add("\e[2J\ninfo: all is well.jpg", "no picture"u8.ToArray());
        await _site.UntilAsync(status => status.Unreadable == 3);

        string line = Assert.Single(_site.Log, m => m.Contains("all is well", StringComparison.Ordinal));
        Assert.DoesNotContain(line, char.IsControl);
    }

    [Fact]
    public async Task File_ThatIsALinkByNow_IsNotGivenOut()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "making links needs rights there");
        // Not listed again before the test is over.
        var never = TimeSpan.FromHours(1);
        await using var site = await RunningSite.StartReadyAsync(_album, Photographs,
            settings => settings with { Data = $"{settings.Data}-2", Settle = never, Relist = never });
        PhotoAnswer dog = await site.PhotographAsync("dog.jpg"), plain = await site.PhotographAsync("plain.png");
        Assert.Equal(HttpStatusCode.OK, await StatusOf(site, plain.Original));

        File.Delete(_album.At("dog.jpg"));
        File.CreateSymbolicLink(_album.At("dog.jpg"), Path.Combine(_album.Outside, "secret.png"));
        Directory.Delete(_album.At("sub"), recursive: true);
        File.CreateSymbolicLink(_album.At("sub"), _album.Outside);

        foreach (string address in (string[])[dog.Original, dog.Thumbnail, plain.Original, plain.Thumbnail])
        {
            Assert.Equal(HttpStatusCode.NotFound, await StatusOf(site, address));
        }
    }

    [Theory]
    [InlineData("/thumbnails/../../etc/passwd")]
    [InlineData("/thumbnails/..%2f..%2fetc%2fpasswd")]
    [InlineData("/photographs/%2e%2e%2f%2e%2e%2fetc%2fpasswd")]
    [InlineData("/photographs//etc/passwd")]
    [InlineData("/..%2fPhotoSearch.dll")]
    [InlineData("/wwwroot/app.js")]
    [InlineData("/photographs/-1")]
    [InlineData("/photographs/99999999999999999999999")]
    [InlineData("/api/photographs/4000000000/similar")]
    public async Task Address_ThatIsNone_IsNotFound(string address)
    {
        // As it stands: an HTTP client would tidy it up.
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(_site.Address.Host, _site.Address.Port);
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(tcp.GetStream());

        string answer = await reader.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 404", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upload_ThatIsNoPicture_IsTheSendersFault()
    {
        byte[] image = File.ReadAllBytes(Album.Sample("cat.png"));
        (byte[] Body, string Type, HttpStatusCode Status)[] expected =
        [
            ([], "image/png", HttpStatusCode.BadRequest),
            ("<html><script>alert(1)</script>"u8.ToArray(), "image/png", HttpStatusCode.UnprocessableEntity),
            (image[..^40], "image/png", HttpStatusCode.UnprocessableEntity),
            (Bomb(), "image/png", HttpStatusCode.UnprocessableEntity),
            (image, "text/html", HttpStatusCode.UnsupportedMediaType),
            (image, "multipart/form-data", HttpStatusCode.UnsupportedMediaType),
        ];

        foreach (var (body, type, status) in expected)
        {
            using var answer = await _site.PostAsync("/api/search", new ByteArrayContent(body), type);
            Assert.Equal(status, answer.StatusCode);
            Assert.DoesNotContain("   at ", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        using var good = await _site.PostAsync("/api/search", new ByteArrayContent(image), "image/png");
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
    }

    [Fact]
    public async Task Upload_OfAGigabyte_IsRefusedByItsHead_AndWithoutALengthAsSoonAsItIsTooLong()
    {
        var (byHead, none) = await SendAsync("Content-Length: 1000000000", chunks: 0);
        var (byBody, sent) = await SendAsync("Transfer-Encoding: chunked", chunks: Gigabyte);

        Assert.StartsWith("HTTP/1.1 413", byHead, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 413", byBody, StringComparison.Ordinal);
        // A megabyte is taken; the rest of these lay in the two ends' buffers.
        Assert.Equal(0, none);
        Assert.InRange(sent, 1, Gigabyte / 16);
        Assert.Equal(HttpStatusCode.OK, await StatusOf(_site, "/api/search?text=cat"));
    }

    [Theory]
    [InlineData("/api/search", 400)]
    [InlineData("/api/search?text=", 400)]
    [InlineData("/api/search?text=%20%20", 400)]
    [InlineData("/api/search?text=a&count=x", 400)]
    [InlineData("/api/search?text=a&count=-5", 200)]
    [InlineData("/api/search?text=a&count=2000000000", 200)]
    [InlineData("/api/search?text=%00%ff%fe", 200)]
    [InlineData("/api/duplicates?least=0.1", 400)]
    [InlineData("/api/duplicates?least=NaN", 400)]
    public async Task Question_ThatMakesNoSense_IsAnsweredSo(string address, int status) => Assert.Equal(status, (int)await StatusOf(_site, address));

    [Fact]
    public async Task Text_OfAnyLength_IsNotRead()
    {
        Assert.Equal(HttpStatusCode.BadRequest, await StatusOf(_site, $"/api/search?text={new string('a', 5000)}"));
        Assert.Equal(HttpStatusCode.OK, await StatusOf(_site, $"/api/search?text={new string('a', 1000)}"));
    }

    [Theory]
    [InlineData("{\"like\":[],\"unlike\":[]}", 400)]
    [InlineData("{\"like\":[1]}", 400)]
    [InlineData("{\"like\":[1],\"unlike\":[1]}", 422)]
    [InlineData("{\"like\":[77777],\"unlike\":[1]}", 422)]
    [InlineData("{\"like\":\"x\"}", 400)]
    [InlineData("nonsense", 400)]
    public async Task Examples_ThatAreNone_AreTheSendersFault(string json, int status)
    {
        using var answer = await _site.PostAsync("/api/examples", new StringContent(json), "application/json");
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Examples_ByTheMillion_AreNotRead()
    {
        try
        {
            using var answer = await _site.PostAsync("/api/examples", JsonContent.Create(new Examples(new long[200_000], [1])), "application/json");
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        }
        catch (HttpRequestException e) when (e.InnerException is IOException)
        {
            // The server answers and hangs up before it has been sent all of it; whether the client still reads that is chance.
        }
        using var after = await _site.Client.GetAsync(new Uri("/api/status", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task Host_OfAnotherName_IsRefused()
    {
        // A page of evil.example whose name has come to mean this machine.
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/api/photographs", UriKind.Relative));
        request.Headers.Host = "evil.example";
        using var answer = await _site.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task PageFromElsewhere_MakesNoWorkHere()
    {
        // What browsers say of the page that asks: Sec-Fetch-Site and -Mode, or the older Origin.
        string own = _site.Address.GetLeftPart(UriPartial.Authority);
        (string Method, string Address, string? Site, string? Mode, string? Origin, HttpStatusCode Status)[] expected =
        [
            ("GET", "/api/search?text=cat", "cross-site", "no-cors", null, HttpStatusCode.Forbidden),
            ("GET", "/api/search?text=cat", "same-site", "cors", null, HttpStatusCode.Forbidden),
            ("GET", "/thumbnails/1", "cross-site", "no-cors", null, HttpStatusCode.Forbidden),
            ("POST", "/api/search", "cross-site", "navigate", "http://evil.example", HttpStatusCode.Forbidden),
            ("POST", "/api/search", null, null, "http://evil.example", HttpStatusCode.Forbidden),
            ("POST", "/api/search", null, null, "http://localhost:3000", HttpStatusCode.Forbidden),
            ("POST", "/api/search", null, null, "null", HttpStatusCode.Forbidden),
            // A link that leads here, an address that somebody typed, our own page, and programs that are no browser.
            ("GET", "/", "cross-site", "navigate", null, HttpStatusCode.OK),
            ("GET", "/", "none", "navigate", null, HttpStatusCode.OK),
            ("GET", "/api/search?text=cat", "same-origin", "cors", null, HttpStatusCode.OK),
            ("POST", "/api/search", "same-origin", "cors", "http://name.before.a.proxy", HttpStatusCode.OK),
            ("POST", "/api/search", null, null, own, HttpStatusCode.OK),
            ("POST", "/api/search", null, null, null, HttpStatusCode.OK),
        ];

        foreach (var (method, address, site, mode, origin, status) in expected)
        {
            using var request = new HttpRequestMessage(new(method), new Uri(address, UriKind.Relative));
            if (method == "POST")
            {
                request.Content = new ByteArrayContent(File.ReadAllBytes(Album.Sample("cat.png")));
                request.Content.Headers.ContentType = new("image/png");
            }
            foreach (var (name, value) in ((string, string?)[])[("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Origin", origin)])
            {
                if (value is not null)
                {
                    request.Headers.Add(name, value);
                }
            }
            using var answer = await _site.Client.SendAsync(request);
            Assert.True(status == answer.StatusCode, $"{method} {address} of {site ?? origin ?? "nobody"}, {mode}: {answer.StatusCode}, not {status}");
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/app.js")]
    [InlineData("/api/status")]
    [InlineData("/thumbnails/1")]
    [InlineData("/nowhere")]
    [InlineData("/api/search")]
    public async Task Answer_OfAnyKind_HasTheHeadsThatKeepOthersOut(string address)
    {
        using var answer = await _site.Client.GetAsync(new Uri(address, UriKind.Relative));

        string policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Cross-Origin-Resource-Policy")));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.False(answer.Headers.Contains("Server"));
    }

    private static async Task<HttpStatusCode> StatusOf(RunningSite site, string address)
    {
        using var answer = await site.Client.GetAsync(new Uri(address, UriKind.Relative));
        return answer.StatusCode;
    }

    // Sends a head, and chunks until the server answers or closes.
    private async Task<(string Answer, int Sent)> SendAsync(string length, int chunks)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(_site.Address.Host, _site.Address.Port);
        var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /api/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n{length}\r\n\r\n"));
        var answer = new StreamReader(stream).ReadLineAsync();
        byte[] chunk = [.. "10000\r\n"u8, .. new byte[0x10000], .. "\r\n"u8];
        int sent = 0;
        while (sent < chunks && !answer.IsCompleted)
        {
            try
            {
                await stream.WriteAsync(chunk);
                sent++;
            }
            catch (IOException)
            {
                break;
            }
        }
        return (await answer.WaitAsync(TimeSpan.FromSeconds(60)) ?? "", sent);
    }

    // A small file whose head claims 30,000 by 30,000 pixels.
    private static byte[] Bomb()
    {
        byte[] png = TestImages.EncodePng(20, 20, 3);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), 30_000);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), 30_000);
        uint crc = uint.MaxValue;
        foreach (byte b in png.AsSpan(12, 17))
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), ~crc);
        return png;
    }
}
