using System.Diagnostics;
using System.Net;
using Microsoft.Data.Sqlite;
using SkiaSharp;

namespace PhotoSearch.Tests;

/// <summary>What becomes of a folder that changes, and of a program that is started again.</summary>
public sealed class FolderTests : IDisposable
{
    private const string Full =
        "CREATE TRIGGER full BEFORE UPDATE OF missing ON photographs BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";

    private readonly Album _album = new();

    public void Dispose() => _album.Dispose();

    [Fact]
    public async Task Start_Again_KnowsEverythingAndReadsNothing()
    {
        _album.WithSamples();
        Dictionary<string, long> numbers;
        await using (var first = await RunningSite.StartReadyAsync(_album, 6))
        {
            numbers = (await first.LatestAsync()).ToDictionary(p => p.Name, p => p.Id);
        }

        await using var again = await RunningSite.StartReadyAsync(_album, 6);

        Assert.Equal(numbers, (await again.LatestAsync()).ToDictionary(p => p.Name, p => p.Id));
        Assert.Equal("cat.png", (await again.SearchAsync("tabby cat"))[0]);
        Assert.Contains(again.Log, m => m.StartsWith("6 photographs are known", StringComparison.Ordinal));
        Assert.DoesNotContain(again.Log, m => m.StartsWith("Reading", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stop_InTheMiddle_LosesNothingThatWasRead()
    {
        _album.Draw(200);
        int read;
        await using (var first = await RunningSite.StartAsync(_album))
        {
            read = (await first.UntilAsync(status => status.Photographs >= 64)).Photographs;
        }

        await using var again = await RunningSite.StartReadyAsync(_album, 200);

        string known = Assert.Single(again.Log, m => m.Contains("photographs are known", StringComparison.Ordinal));
        Assert.InRange(int.Parse(known.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), read, 199);
        Assert.Equal(200, (await again.LatestAsync()).Select(p => p.Name).Distinct().Count());
    }

    [Fact]
    public async Task Folder_ThatChanges_IsFollowed()
    {
        _album.WithSamples();
        await using var site = await RunningSite.StartReadyAsync(_album, 6);
        var before = await site.PhotographAsync("koala.jpg");

        // New, in a folder that is new.
        _album.Add("more/copy.jpg", Album.Recompressed("red-panda.jpg", 200, 90));
        await site.UntilAsync(status => status.Photographs == 7 && status.Stage == "ready");
        Assert.Equal(["copy.jpg", "red-panda.jpg"], (await site.SearchAsync("red panda", 2)).Order());

        // Changed: another picture under the same name has the same number, and another address.
        _album.Add("koala.jpg", Album.Recompressed("cat.png", 250, 90));
        File.SetLastWriteTimeUtc(_album.At("koala.jpg"), DateTime.UtcNow.AddMinutes(1));
        var after = await site.PhotographAsync("koala.jpg", p => p.Thumbnail != before.Thumbnail);
        Assert.Equal(before.Id, after.Id);
        Assert.Equal(["cat.png", "koala.jpg"], (await site.SearchAsync("tabby cat", 2)).Order());

        // Changed by a program that leaves the time as it was.
        byte[] cat = await site.Client.GetByteArrayAsync(new Uri(after.Thumbnail, UriKind.Relative));
        var time = File.GetLastWriteTimeUtc(_album.At("koala.jpg"));
        _album.Add("koala.jpg", Album.Recompressed("cat.png", 180, 60));
        File.SetLastWriteTimeUtc(_album.At("koala.jpg"), time);
        var again = await site.PhotographAsync("koala.jpg", p => p.Length != after.Length && p.Written == after.Written);
        Assert.NotEqual(after.Thumbnail, again.Thumbnail);
        Assert.NotEqual(cat, await site.Client.GetByteArrayAsync(new Uri(again.Thumbnail, UriKind.Relative)));

        // Gone.
        File.Delete(_album.At("cat.png"));
        Directory.Delete(_album.At("more"), recursive: true);
        await site.UntilAsync(status => status.Photographs == 5 && status.Stage == "ready");
        Assert.DoesNotContain("cat.png", await site.SearchAsync("tabby cat"));
        Assert.Empty(await site.GetAsync<DuplicateAnswer[]>("/api/duplicates?least=0.9"));
    }

    [Fact]
    public async Task Folder_ThatIsAwayForAWhile_IsNotReadAgain()
    {
        _album.WithSamples();
        await using var site = await RunningSite.StartReadyAsync(_album, 6);
        var bison = await site.PhotographAsync("bison.jpg");

        // A disk that is taken away, and in its place an empty folder.
        string elsewhere = Path.Combine(_album.Outside, "moved");
        Directory.Move(_album.Folder, elsewhere);
        await site.UntilAsync(status => status.Stage == "unreachable");
        Assert.Equal("cat.png", (await site.SearchAsync("tabby cat"))[0]);
        Directory.CreateDirectory(_album.Folder);
        await site.UntilAsync(status => status.Photographs == 0 && status.Stage == "ready");
        Directory.Delete(_album.Folder);
        Directory.Move(elsewhere, _album.Folder);
        await site.UntilAsync(status => status.Photographs == 6 && status.Stage == "ready");

        Assert.Equal(bison, await site.PhotographAsync("bison.jpg"));
        Assert.Single(site.Log, m => m.StartsWith("Reading done", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Files_ThatCannotBeRead_AreNamedWithTheReason_AndTriedOnce()
    {
        _album.WithSamples();
        _album.Add("no picture.jpg", "<html><script>alert(1)</script>"u8.ToArray());
        _album.Add("empty.png", []);
        _album.Add("cut.jpg", File.ReadAllBytes(Album.Sample("dog.jpg"))[..3000]);
        await using (var site = await RunningSite.StartReadyAsync(_album, 6))
        {
            var unreadable = await site.GetAsync<UnreadableAnswer[]>("/api/unreadable");
            Assert.Equal(["cut.jpg", "empty.png", "no picture.jpg"], unreadable.Select(f => f.Name).Order());
            Assert.All(unreadable, f => Assert.NotEmpty(f.Error));
            // Where the folder lies is nothing for the page.
            Assert.All(unreadable, f => Assert.DoesNotContain(_album.Folder, f.Error, StringComparison.Ordinal));
        }

        await using var again = await RunningSite.StartReadyAsync(_album, 6);
        Assert.Equal(3, (await again.GetAsync<StatusAnswer>("/api/status")).Unreadable);
        Assert.DoesNotContain(again.Log, m => m.StartsWith("Cannot be read", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Thumbnail_OfEveryOrientation_IsUpright_AndKept(int orientation)
    {
        _album.Add("turned.jpg", TurnedPicture.Jpeg(orientation));
        await using var site = await RunningSite.StartReadyAsync(_album, 1);
        var photo = await site.PhotographAsync("turned.jpg");

        byte[] thumbnail = await site.Client.GetByteArrayAsync(new Uri(photo.Thumbnail, UriKind.Relative));

        TurnedPicture.AssertUpright(thumbnail);
        Assert.Equal(thumbnail, site.Service<PhotoDatabase>().Thumbnail(site.Service<PhotoCatalog>().Find(photo.Id)!));
    }

    [Fact]
    public async Task Thumbnail_OfAPngThatIsTransparent_IsAJpeg_AndOfNoFile_NotThere()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(900, 300, SKColorType.Rgba8888, SKAlphaType.Premul));
        bitmap.Erase(SKColors.Transparent);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        _album.Add("clear.png", data.ToArray());
        await using var site = await RunningSite.StartReadyAsync(_album, 1);
        var photo = await site.PhotographAsync("clear.png");

        using var answer = await site.Client.GetAsync(new Uri(photo.Thumbnail, UriKind.Relative));
        using var nothing = await site.Client.GetAsync(new Uri("/thumbnails/99", UriKind.Relative));

        Assert.Equal("image/jpeg", answer.Content.Headers.ContentType!.MediaType);
        using var picture = SKBitmap.Decode(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal((400, 133), (picture.Width, picture.Height));
        Assert.Equal(SKColors.White, picture.GetPixel(200, 60));
        Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
    }

    [Fact]
    public async Task Start_TwiceOnOneDatabase_OrWithAnotherModel_IsRefused()
    {
        _album.WithSamples();
        await using (var site = await RunningSite.StartReadyAsync(_album, 6))
        {
            var inUse = await Assert.ThrowsAsync<IOException>(() => RunningSite.StartAsync(_album));
            Assert.Contains("is in use", inUse.Message, StringComparison.Ordinal);
        }

        var other = Assert.Throws<InvalidDataException>(() => new PhotoDatabase(Path.Combine(_album.Data, "photographs.db"), new string('0', 64)));
        Assert.Contains("another model", other.Message, StringComparison.Ordinal);
        // And it can be opened again.
        using var same = new PhotoDatabase(Path.Combine(_album.Data, "photographs.db"), RunningSite.Model.Hash);
        Assert.Equal(6, same.Read().Count());
    }

    [Fact]
    public async Task Disk_ThatIsFull_IsToldApartFromAFolderThatIsAway_AndGoesOnWhenThereIsRoom()
    {
        _album.WithSamples();
        await using var site = await RunningSite.StartReadyAsync(_album, 6);
        var dog = await site.PhotographAsync("dog.jpg");
        Run("CREATE TRIGGER full BEFORE INSERT ON photographs BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
        Run("CREATE TRIGGER full_too BEFORE INSERT ON thumbnails BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");

        _album.Add("new.jpg", Album.Recompressed("cat.png", 250, 90));
        await site.UntilAsync(status => status.Stage == "failing");
        Assert.Equal("cat.png", (await site.SearchAsync("tabby cat"))[0]);
        Assert.NotEmpty(await site.Client.GetByteArrayAsync(new Uri(dog.Thumbnail, UriKind.Relative)));
        Assert.Contains(site.Log, m => m.Contains("disk is full", StringComparison.Ordinal));

        Run("DROP TRIGGER full");
        await site.UntilAsync(status => status.Photographs == 7 && status.Stage == "ready");
    }

    [Fact]
    public async Task Disk_ThatIsFull_WhenFilesGoAndComeBack_LosesNeither()
    {
        _album.WithSamples();
        await using var site = await RunningSite.StartReadyAsync(_album, 6);
        string elsewhere = Path.Combine(_album.Outside, "cat.png");

        Run(Full);
        File.Move(_album.At("cat.png"), elsewhere);
        await site.UntilAsync(status => status.Stage == "failing");
        Run("DROP TRIGGER full");
        await site.UntilAsync(status => status.Photographs == 5 && status.Stage == "ready");

        Run(Full);
        File.Move(elsewhere, _album.At("cat.png"));
        await site.UntilAsync(status => status.Stage == "failing");
        Run("DROP TRIGGER full");
        await site.UntilAsync(status => status.Photographs == 6 && status.Stage == "ready");
        Assert.Equal("cat.png", (await site.SearchAsync("tabby cat"))[0]);
    }

    [Fact]
    public async Task Picture_WhoseAddressDoesNotSayWhichVersion_IsAskedForAgain()
    {
        _album.WithSamples();
        await using var site = await RunningSite.StartReadyAsync(_album, 6);
        var dog = await site.PhotographAsync("dog.jpg");

        foreach (string address in (string[])[dog.Thumbnail, dog.Original])
        {
            string plain = address[..address.IndexOf('?', StringComparison.Ordinal)];
            Assert.Contains("immutable", await KeptAsync(address), StringComparison.Ordinal);
            // Another file, or one of another folder that the program is started with next, has this address then.
            Assert.Equal("no-cache", await KeptAsync(plain));
            Assert.Equal("no-cache", await KeptAsync($"{plain}?v=1"));
            Assert.Equal("no-cache", await KeptAsync($"{plain}?v=nonsense"));
        }

        async Task<string> KeptAsync(string address)
        {
            using var answer = await site.Client.GetAsync(new Uri(address, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return answer.Headers.CacheControl!.ToString();
        }
    }

    [Fact]
    public async Task Name_ThatIsNoText_IsNamedAsNotRead_AndTriedOnce()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names are text there");
        _album.WithSamples();
        // A name in Latin-1, which .NET has no way to write, nor to delete.
        await ShellAsync("cp dog.jpg \"$(printf 'caf\\351.jpg')\"");
        await using var site = await RunningSite.StartReadyAsync(_album, 6);

        var unreadable = Assert.Single(await site.GetAsync<UnreadableAnswer[]>("/api/unreadable"));
        Assert.Contains("no UTF-8", unreadable.Error, StringComparison.Ordinal);
        _album.Add("new.jpg", Album.Recompressed("cat.png", 250, 90));
        await site.UntilAsync(status => status.Photographs == 7 && status.Stage == "ready");
        Assert.Single(site.Log, m => m.StartsWith("Cannot be read", StringComparison.Ordinal));
        await ShellAsync("rm caf*");

        async Task ShellAsync(string command)
        {
            using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { WorkingDirectory = _album.Folder })!;
            await shell.WaitForExitAsync();
            Assert.Equal(0, shell.ExitCode);
        }
    }

    private void Run(string sql)
    {
        using var database = new SqliteConnection($"Data Source={Path.Combine(_album.Data, "photographs.db")};Pooling=False");
        database.Open();
        database.Run(sql);
    }
}
