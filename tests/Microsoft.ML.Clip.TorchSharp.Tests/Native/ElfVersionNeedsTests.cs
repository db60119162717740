using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The needs of a library, on one put together here: two libraries, of which three versions are needed.</summary>
public sealed class ElfVersionNeedsTests
{
    // Where things lie: a table of three sections, two needs with their versions, the names.
    private const int Sections = 64, SectionSize = 64, Needs = Sections + (3 * SectionSize), Names = Needs + (5 * 16);

    private static readonly string[] Versions = ["GLIBC_2.17", "GLIBCXX_3.4", "GLIBCXX_3.4.32"];

    [Fact]
    public void Requires_AVersion_OnlyIfItIsListedAndNotWeak()
    {
        byte[] library = Library();
        Assert.All(Versions, version => Assert.True(new ElfVersionNeeds(library).Requires(version)));
        Assert.All((string[])["GLIBCXX_3.4.3", "GLIBCXX_3.4.321", "GLIBC", ""], version => Assert.False(new ElfVersionNeeds(library).Requires(version)));
    }

    [Fact]
    public void MakeWeak_AVersion_ChangesItsFlagAndNothingElse()
    {
        byte[] library = Library(), changed = Library();

        Assert.True(new ElfVersionNeeds(changed).MakeWeak(Versions[2]));

        Assert.Equal([Needs + (4 * 16) + 4], Enumerable.Range(0, library.Length).Where(i => library[i] != changed[i]));
        Assert.Equal([true, true, false], Versions.Select(new ElfVersionNeeds(changed).Requires));
        Assert.False(new ElfVersionNeeds(changed).MakeWeak(Versions[2]));
    }

    [Fact]
    public void Requires_WhereANameHasNoEnd_SaysThatTheFileIsCut() =>
        Assert.Throws<InvalidDataException>(() => new ElfVersionNeeds(Library()[..^1]).Requires(Versions[2]));

    [Theory]
    [InlineData(0x28)]
    [InlineData(Sections + SectionSize + 0x18)]
    [InlineData(Sections + (2 * SectionSize) + 0x18)]
    public void Requires_WhereAnOffsetIsBeyondAnyFile_SaysSo(int place)
    {
        for (int below = 0; below < 80; below++)
        {
            byte[] library = Library();
            BinaryPrimitives.WriteInt64LittleEndian(library.AsSpan(place), long.MaxValue - below);
            Assert.Throws<InvalidDataException>(() => new ElfVersionNeeds(library).Requires("GLIBCXX_9"));
        }
    }

    [Theory]
    [InlineData("sections of no size", "sections have 0 bytes each")]
    [InlineData("a version that is its own next", "longer than the file")]
    public void Requires_WhereAListHasNoEnd_SaysSo(string kind, string expected)
    {
        byte[] library = Library();
        if (kind == "sections of no size")
        {
            BinaryPrimitives.WriteUInt32LittleEndian(library.AsSpan(0x3A), 0xFFFF0000);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(library.AsSpan(Needs + 2), ushort.MaxValue);
        }

        var error = Assert.Throws<InvalidDataException>(() => new ElfVersionNeeds(library).Requires("GLIBCXX_9"));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Requires_OfALibraryWithAnyByteChanged_AnswersOrSaysThatItIsNone()
    {
        byte[] good = Library();
        for (int i = 0; i < good.Length; i++)
        {
            foreach (byte other in (byte[])[0, 1, 0x7F, 0x80, 0xFF, (byte)(good[i] ^ 0x10)])
            {
                byte[] changed = [.. good];
                changed[i] = other;
                AnswersOrSaysSo(changed);
            }
            AnswersOrSaysSo(good[..i]);
        }

        static void AnswersOrSaysSo(byte[] library)
        {
            try
            {
                new ElfVersionNeeds(library).Requires("GLIBCXX_9");
            }
            catch (InvalidDataException)
            {
                // What is said of a file that is no library.
            }
        }
    }

    private static byte[] Library()
    {
        byte[] names = Encoding.ASCII.GetBytes("\0libc.so.6\0libstdc++.so.6\0" + string.Join('\0', Versions) + "\0");
        byte[] file = [.. new byte[Names], .. names];
        new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1 }.CopyTo(file, 0);
        Write64(0x28, Sections);
        Write16(0x3A, SectionSize);
        Write16(0x3C, 3);

        // Section 1 holds the needs and says that section 2 holds their names.
        Write32(Sections + SectionSize + 4, 0x6FFFFFFE);
        Write64(Sections + SectionSize + 0x18, Needs);
        Write32(Sections + SectionSize + 0x28, 2);
        Write64(Sections + (2 * SectionSize) + 0x18, Names);

        // A need: version, count, file, first, next; each version: hash, flags, other, name, next.
        Need(Needs, count: 1, "libc.so.6", next: 2 * 16);
        Version(Needs + 16, Versions[0], next: 0);
        Need(Needs + (2 * 16), count: 2, "libstdc++.so.6", next: 0);
        Version(Needs + (3 * 16), Versions[1], next: 16);
        Version(Needs + (4 * 16), Versions[2], next: 0);
        return file;

        void Need(int place, ushort count, string library, uint next)
        {
            Write16(place, 1);
            Write16(place + 2, count);
            Write32(place + 4, NameOf(library));
            Write32(place + 8, 16);
            Write32(place + 12, next);
        }

        void Version(int place, string name, uint next)
        {
            Write32(place + 8, NameOf(name));
            Write32(place + 12, next);
        }

        // With the zero behind it, for one name begins like another.
        uint NameOf(string name) => (uint)names.AsSpan().IndexOf(Encoding.ASCII.GetBytes(name + "\0"));

        void Write16(int place, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(place), value);
        void Write32(int place, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(place), value);
        void Write64(int place, long value) => BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(place), value);
    }
}
