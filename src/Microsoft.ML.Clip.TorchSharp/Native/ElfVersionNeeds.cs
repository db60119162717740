using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>The symbol versions that an ELF library (64 bits, little-endian) needs of others, as recorded in its section .gnu.version_r.</summary>
internal sealed class ElfVersionNeeds
{
    private const uint Magic = 0x464C457F, VersionNeedSection = 0x6FFFFFFE;
    private const int WeakFlag = 2;

    // Of an Elf64_Shdr, and of an Elf64_Verneed or Elf64_Vernaux; and a name that is longer is none.
    private const int LeastSectionSize = 64, EntrySize = 16, LongestName = 4096;

    private readonly byte[] _file;

    /// <exception cref="InvalidDataException">It is no such library.</exception>
    public ElfVersionNeeds(byte[] file)
    {
        _file = file;
        if (file.Length < 64 || UInt32(0) != Magic || file[4] != 2 || file[5] != 1)
        {
            throw new InvalidDataException("It is no 64-bit little-endian ELF file.");
        }
    }

    /// <summary>Whether the library refuses to load where the version is missing.</summary>
    public bool Requires(string version) => Find(version) is { } place && (UInt16(place + FlagsOffset) & WeakFlag) == 0;

    /// <summary>Marks the need as weak (VER_FLG_WEAK): the loader then accepts that the version is missing.</summary>
    /// <returns>Whether there was such a need.</returns>
    public bool MakeWeak(string version)
    {
        if (!Requires(version))
        {
            return false;
        }
        _file[(int)Find(version)!.Value + FlagsOffset] |= WeakFlag;
        return true;
    }

    // Elf64_Vernaux: hash (4 bytes), flags (2), other (2), name (4), next (4).
    private const int FlagsOffset = 4, NameOffset = 8, NextOffset = 12;

    private long? Find(string version)
    {
        long sections = Int64(0x28);
        int sectionSize = UInt16(0x3A), sectionCount = UInt16(0x3C);
        if (sectionCount > 0 && sectionSize < LeastSectionSize)
        {
            throw new InvalidDataException($"Its sections have {sectionSize} bytes each; {LeastSectionSize} are the least.");
        }
        // Each entry has bytes of its own. Where they overlap, or a list leads back to itself, some hundred bytes could keep a processor busy for hours.
        int left = _file.Length / EntrySize;
        for (int i = 0; i < sectionCount; i++)
        {
            long section = sections + (i * (long)sectionSize);
            if (UInt32(section + 4) != VersionNeedSection)
            {
                continue;
            }
            long names = Int64(sections + (UInt32(section + 0x28) * (long)sectionSize) + 0x18);
            // Elf64_Verneed: version (2), count (2), file (4), aux (4), next (4).
            for (long need = Int64(section + 0x18), next; ; need += next)
            {
                long entry = need + UInt32(need + 8);
                CountEntry();
                for (int count = UInt16(need + 2); count > 0; count--, entry += UInt32(entry + NextOffset))
                {
                    CountEntry();
                    if (Text(names + UInt32(entry + NameOffset)) == version)
                    {
                        return entry;
                    }
                }

                if ((next = UInt32(need + 12)) == 0)
                {
                    break;
                }
            }
        }

        return null;

        void CountEntry() => left = left > 0 ? left - 1 : throw new InvalidDataException("Its list of needed versions is longer than the file.");
    }

    private string Text(long place)
    {
        var rest = At(place, 1, toEnd: true);
        int end = rest[..Math.Min(rest.Length, LongestName)].IndexOf((byte)0);
        return end >= 0 ? Encoding.ASCII.GetString(rest[..end]) : throw new InvalidDataException($"The name at byte {place} has no end.");
    }

    private ushort UInt16(long place) => BinaryPrimitives.ReadUInt16LittleEndian(At(place, 2));

    private uint UInt32(long place) => BinaryPrimitives.ReadUInt32LittleEndian(At(place, 4));

    private long Int64(long place) => BinaryPrimitives.ReadInt64LittleEndian(At(place, 8));

    private ReadOnlySpan<byte> At(long place, int length, bool toEnd = false) => place >= 0 && place <= _file.Length - length
        ? _file.AsSpan((int)place, toEnd ? _file.Length - (int)place : length)
        : throw new InvalidDataException($"It points to byte {place}, outside its {_file.Length} bytes.");
}
