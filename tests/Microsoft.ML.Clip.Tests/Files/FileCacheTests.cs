using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Weights out of archives lie in a directory that processes share: what is there is what its name says, or is not used.</summary>
public sealed class FileCacheTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly byte[] _content = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 7))];

    private string Folder => _directory.Combine("cache/models");

    private FileCache Cache => new(Folder);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Get_Twice_WritesOnce()
    {
        int opened = 0;
        Stream Open()
        {
            opened++;
            return new MemoryStream(_content);
        }

        using var first = Cache.Get(Hash(_content), _content.Length, Open)!.Lock;
        string path = Cache.Get(Hash(_content), _content.Length, Open)!.Path;

        Assert.Equal(1, opened);
        Assert.Equal(Path.Combine(Folder, Hash(_content)), path);
        Assert.Equal(_content, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(Folder));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Get_AnotherFileUnderTheName_IsReplaced(bool sameLength)
    {
        // A crash may leave zeros, and somebody else anything.
        CreateFolder();
        File.WriteAllBytes(Path.Combine(Folder, Hash(_content)), new byte[sameLength ? _content.Length : 3]);

        string path = Get(Cache, _content)!;

        Assert.Equal(_content, File.ReadAllBytes(path));
    }

    [Fact]
    public void Get_ALink_IsNotFollowed()
    {
        CreateFolder();
        string elsewhere = _directory.Write("elsewhere", _content);
        File.CreateSymbolicLink(Path.Combine(Folder, Hash(_content)), elsewhere);

        string path = Get(Cache, _content)!;

        Assert.Null(new FileInfo(path).LinkTarget);
    }

    [Theory]
    [InlineData(0, "its SHA-256 should be")]
    [InlineData(1, "has more than the 4,999 bytes")]
    [InlineData(-1, "has 5,000 of the 5,001 bytes")]
    public void Get_WhatIsGivenIsNotIt_LeavesNothing(int more, string expected)
    {
        string hash = more == 0 ? Hash([1]) : Hash(_content);

        string message = Assert.Throws<InvalidDataException>(() => Cache.Get(hash, _content.Length - more, () => new MemoryStream(_content))).Message;

        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Theory]
    [InlineData("../../outside")]
    [InlineData("ABCDEF")]
    public void Get_NoHash_IsRefused(string name) => Assert.Throws<ArgumentException>(() => Cache.Get(name, 1, () => new MemoryStream([1])));

    [Fact]
    public void Get_NoDirectoryToBeHad_IsNothing()
    {
        _directory.Write("cache", [1]);

        Assert.Null(Get(Cache, _content));
    }

    [Fact]
    public void Get_AtOnce_AllHaveIt()
    {
        string[] paths = [.. Enumerable.Range(0, 16).AsParallel().WithDegreeOfParallelism(8).Select(_ => Get(Cache, _content)!)];

        Assert.All(paths, p => Assert.Equal(_content, File.ReadAllBytes(p)));
        Assert.Single(Directory.GetFiles(Folder));
    }

    [Fact]
    public void Get_OverTheLimit_TheOldestGoUnlessInUse()
    {
        var cache = new FileCache(Folder, limit: 10_000);
        byte[] held = [1, .. _content], old = [2, .. _content], recent = [3, .. _content];
        using var handle = cache.Get(Hash(held), held.Length, () => new MemoryStream(held))!.Lock;
        Get(cache, old);
        File.SetLastAccessTimeUtc(Path.Combine(Folder, Hash(held)), DateTime.UtcNow.AddDays(-3));
        File.SetLastAccessTimeUtc(Path.Combine(Folder, Hash(old)), DateTime.UtcNow.AddDays(-2));
        string draft = Path.Combine(Folder, $"{Hash(recent)}.1.tmp"), notOurs = Path.Combine(Folder, "notes.tmp");
        foreach (string file in (string[])[draft, notOurs])
        {
            File.WriteAllBytes(file, [1]);
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-2));
        }

        Get(cache, recent);

        Assert.Equal(new[] { Hash(held), Hash(recent), "notes.tmp" }.Order(), Directory.GetFiles(Folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Get_AFileThatIsUsed_KeepsItsTimeOfWriting()
    {
        string path = Get(Cache, _content)!;
        var written = File.GetLastWriteTimeUtc(path);

        Get(Cache, _content);

        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public void Get_OthersMayWriteToTheDirectory_IsNothing_AndItStaysAsItIs()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other rights.");
        CreateFolder();
        const UnixFileMode Mode = (UnixFileMode)0b111_111_111;
        File.SetUnixFileMode(Folder, Mode);

        Assert.Null(Get(Cache, _content));
        Assert.Equal(Mode, File.GetUnixFileMode(Folder));
        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public void Get_OthersMayWriteToTheFile_IsReplaced()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other rights.");
        string path = Get(Cache, _content)!;
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        // Whoever holds it open for writing goes on with the old one.
        using var old = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

        string now = Get(Cache, _content)!;
        old.WriteByte(99);
        old.Flush();

        Assert.Equal(_content, File.ReadAllBytes(now));
    }

    [Fact]
    public void Get_ALinkToADirectory_IsNothing()
    {
        Directory.CreateDirectory(_directory.Combine("cache"));
        Directory.CreateSymbolicLink(Folder, Directory.CreateDirectory(_directory.Combine("elsewhere")).FullName);

        Assert.Null(Get(Cache, _content));
    }

    [Fact]
    public void Get_AnotherProcessWasSooner_ItsFileStays()
    {
        // It has noted when its file was written, and refuses any other.
        var written = DateTime.UtcNow.AddHours(-1);
        string path = Path.Combine(Folder, Hash(_content));

        var file = Cache.Get(Hash(_content), _content.Length, () =>
        {
            File.SetLastWriteTimeUtc(Get(Cache, _content)!, written);
            return new MemoryStream(_content);
        })!;

        file.Lock.Dispose();
        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
        Assert.Equal([path], Directory.GetFiles(Folder));
    }

    [Fact]
    public void Get_MoreThanTheLimitOrTheDisk_IsNotEvenOpened()
    {
        static Stream Open() => throw new InvalidOperationException("It is opened.");

        Assert.Null(new FileCache(Folder, limit: 10_000).Get(Hash(_content), 10_001, Open));
        Assert.Null(new FileCache(Folder, limit: long.MaxValue).Get(Hash(_content), long.MaxValue / 2, Open));
    }

    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Folder);
            return;
        }
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string? Get(FileCache cache, byte[] content)
    {
        var file = cache.Get(Hash(content), content.Length, () => new MemoryStream(content));
        file?.Lock.Dispose();
        return file?.Path;
    }

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
