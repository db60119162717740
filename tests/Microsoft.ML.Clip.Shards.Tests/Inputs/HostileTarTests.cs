using System.Formats.Tar;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

public sealed class HostileTarTests
{
    private const int Block = 512, Size = 124, Type = 156;

    public static TheoryData<string, string> Damaged => new()
    {
        { "empty", "it has no bytes" },
        { "text", "cut short" },
        { "gzip", "no tar file, or damaged, or packed" },
        { "cut in content", "cut short within 'b.jpg', which has 2,000 bytes" },
        { "cut before the end", "cut short within the next head" },
        { "checksum", "at byte 1,024 a head was expected" },
        { "long name", "says more of the next, and is too long" },
        { "attributes", "says more of the next, and is too long" },
        { "chain", "and 8 in a row" },
        { "huge", "cut short within 'a.jpg'" },
        { "negative", "cannot be read" },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void DamagedTar_IsRefusedWithItsNameAndByte(string kind, string message)
    {
        using var folder = new TemporaryDirectory();
        string path = folder.Write("0.tar", Content(kind));

        var e = InputRows.Fails(ClipShardInputs.Tars([path]));

        Assert.Equal(ClipShardProblem.Input, e.Problem);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NoFile_IsRefused()
    {
        using var folder = new TemporaryDirectory();

        Assert.Contains("There is no file", InputRows.Fails(ClipShardInputs.Tars(folder.Combine("0.tar"))).Message, StringComparison.Ordinal);
        Assert.Contains("No file fits", InputRows.Fails(ClipShardInputs.Tars(folder.Combine("*.tar"))).Message, StringComparison.Ordinal);
    }

    // What is wrong with one byte of a head, or with one byte less, is an error or a file that reads well, and nothing else.
    [Fact]
    public void ChangedBytes_AreErrorsOrRows()
    {
        using var folder = new TemporaryDirectory();
        byte[] tar = Good();
        var random = new Random(2);
        for (int i = 0; i < 400; i++)
        {
            byte[] changed = i % 10 == 0 ? tar[..random.Next(tar.Length)] : [.. tar];
            for (int changes = random.Next(3); changes > 0 && changed.Length >= Block; changes--)
            {
                changed[random.Next(Block)] = (byte)random.Next(256);
                Sign(changed, 0);
            }
            string path = folder.Write("0.tar", changed);
            try
            {
                Assert.All(InputRows.All(ClipShardInputs.Tars([path])), r => Assert.True(r.Error is not null || !r.Bytes.IsEmpty));
            }
            catch (ClipShardException e)
            {
                Assert.Contains(path, e.Message, StringComparison.Ordinal);
            }
        }
    }

    private static byte[] Content(string kind)
    {
        byte[] tar = Good();
        switch (kind)
        {
            case "empty": return [];
            case "text": return "no tar"u8.ToArray();
            case "gzip": return [0x1F, 0x8B, .. new byte[2000]];
            case "cut in content": return tar[..(Block * 4)];
            case "cut before the end": return tar[..^(Block * 2)];
            case "checksum": tar[1024] ^= 1; return tar;
            case "long name": return [.. Head('L', "77777777777"), .. tar];
            case "attributes": return [.. Head('x', "00010000000"), .. tar];
            case "chain": return [.. Enumerable.Repeat(Head('L', "00000000000"), 20).SelectMany(h => h), .. tar];
            case "huge": Encoding.ASCII.GetBytes("77777777777").CopyTo(tar, Size); Sign(tar, 0); return tar;
            case "negative": new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }.CopyTo(tar, Size); Sign(tar, 0); return tar;
            default: throw new ArgumentException(kind);
        }
    }

    private static byte[] Good() => InputRows.Tar(("a.jpg", [1, 2, 3]), ("b.jpg", new byte[2000]), ("c.jpg", [1]));

    private static byte[] Head(char type, string size)
    {
        byte[] head = InputRows.Tar(TarEntryFormat.Gnu, ("n", []))[..Block];
        head[Type] = (byte)type;
        Encoding.ASCII.GetBytes(size).CopyTo(head, Size);
        Sign(head, 0);
        return head;
    }

    private static void Sign(byte[] tar, int at)
    {
        var head = tar.AsSpan(at, Block);
        head.Slice(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in head)
        {
            sum += value;
        }
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(head[148..]);
    }
}
