using System.Formats.Tar;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>An entry of a tar file.</summary>
/// <param name="Name">Its path.</param>
/// <param name="IsFile">Whether it is a file, and no folder, link or the like.</param>
/// <param name="Head">Where its heads begin; from here on the file can be read as if it began here.</param>
/// <param name="Data">Where its content begins.</param>
/// <param name="Length">The length of its content.</param>
internal sealed record TarMember(string Name, bool IsFile, long Head, long Data, long Length);

/// <summary>
/// Goes through the heads of a tar file and not through what is between them. The framework reads the heads, one entry at a time; before it may, the sizes in
/// them are looked at: it takes as much memory as a head asks for, and a file that was cut between two entries for a whole one.
/// </summary>
internal sealed class TarWalk : IDisposable
{
    // A tar file is blocks of 512 bytes: for each entry a head and its content; one of zeros, mostly two, ends it (POSIX.1-1988, ustar).
    private const int Block = 512, TypeAt = 156, SumAt = 148, SumLength = 8, SizeAt = 124, SizeLength = 12;

    // Heads that say more of the next: long names, attributes.
    private const int MaximumExtension = 1 << 20, MaximumExtensions = 8;

    private readonly FileStream _stream;
    private readonly string _path;
    private readonly byte[] _head = new byte[Block];
    private long _next;

    /// <param name="path">The file.</param>
    /// <param name="from">Where an entry begins.</param>
    /// <exception cref="IOException">It is empty or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public TarWalk(string path, long from = 0) => (_stream, _path, _next) = (RegularFile.Open(path), path, from);

    public void Dispose() => _stream.Dispose();

    /// <summary>The next entry; <see langword="null"/> at the end.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, cut short or no tar file; the message names it and the byte.</exception>
    public TarMember? Next()
    {
        long head = _next;
        if (Look(head) is not { } last)
        {
            return null;
        }
        var entry = Entry(head);
        long data = last + Block, length = entry.Length;
        if (length > _stream.Length - data)
        {
            throw Cut(FormattableString.Invariant($"'{entry.Name}', which has {length:N0} bytes"), data);
        }
        _next = data + ((length + Block - 1) / Block * Block);
        return new(entry.Name, entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile, head, data, length);
    }

    /// <summary>The content of an entry.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public byte[] Read(TarMember member)
    {
        byte[] bytes = new byte[member.Length];
        _stream.Position = member.Data;
        _stream.ReadExactly(bytes);
        return bytes;
    }

    // A reader for each entry: one for all of them remembers what it gave.
    private TarEntry Entry(long at)
    {
        _stream.Position = at;
        try
        {
            using var reader = new TarReader(_stream, leaveOpen: true);
            return reader.GetNextEntry() ?? throw new InvalidDataException("it has an entry without a head");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or NotSupportedException
            or OverflowException)
        {
            throw new InvalidDataException(FormattableString.Invariant($"The tar file '{_path}' cannot be read at byte {at:N0}: {e.Message}"), e);
        }
    }

    // Gives the last of the heads of an entry.
    private long? Look(long at)
    {
        for (int extensions = 0; ; extensions++)
        {
            if (at < 0 || at > _stream.Length - Block)
            {
                throw Cut("the next head, and without the blocks of zeros that end one", at);
            }
            _stream.Position = at;
            _stream.ReadExactly(_head);
            if (extensions == 0 && !_head.AsSpan().ContainsAnyExcept((byte)0))
            {
                return null;
            }
            int sum = Sum(_head) - Sum(_head.AsSpan(SumAt, SumLength)) + (SumLength * ' ');
            if (Octal(SumAt, SumLength) != sum)
            {
                throw new InvalidDataException(FormattableString.Invariant($"'{_path}' is no tar file, or damaged, or packed: at byte {at:N0} a head was expected, and its checksum is wrong."));
            }
            if ((char)_head[TypeAt] is not ('x' or 'X' or 'L' or 'K'))
            {
                return at;
            }
            if (Octal(SizeAt, SizeLength) is not (>= 0 and <= MaximumExtension and var size) || extensions == MaximumExtensions)
            {
                throw new InvalidDataException(FormattableString.Invariant($"'{_path}' has a head at byte {at:N0} that says more of the next, and is too long or of no length; expected at most {MaximumExtension:N0} bytes, and {MaximumExtensions} in a row."));
            }
            at += Block + ((size + Block - 1) / Block * Block);
        }
    }

    private InvalidDataException Cut(string what, long at) =>
        new(FormattableString.Invariant($"The tar file '{_path}' is cut short within {what}, at byte {Math.Clamp(at, 0, _stream.Length):N0} of {_stream.Length:N0}."));

    private static int Sum(ReadOnlySpan<byte> bytes)
    {
        int sum = 0;
        foreach (byte value in bytes)
        {
            sum += value;
        }
        return sum;
    }

    private long? Octal(int from, int length)
    {
        long value = 0;
        var digits = Encoding.Latin1.GetString(_head, from, length).AsSpan().Trim("\0 ");
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7')
            {
                return null;
            }
            value = (8 * value) + digit - '0';
        }
        return digits.IsEmpty ? null : value;
    }
}
