using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>
/// Bytes without structure: bits, numbers of all widths and orders, decimal digits, ranges taken out, doubled, moved and spliced in, and words of the format.
/// </summary>
internal sealed class ByteFormat(params string[] words) : IFormat
{
    private const int MostChanges = 6, LongestRange = 64, LongestRepetition = 4096;

    private static readonly long[] Numbers =
        [0, 1, -1, 2, 3, 4, 7, 8, 16, 32, 64, 100, 127, 128, 255, 256, 512, 1000, 1024, 4096, 32767, 32768, 65535, 65536, 1 << 20, 1 << 24,
            int.MaxValue - 1, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 40, long.MaxValue - 8, long.MaxValue, long.MinValue];

    private readonly byte[][] _words = [.. words.Select(Encoding.Latin1.GetBytes)];

    public byte[] Mutate(byte[] input, byte[] donor, Random random)
    {
        List<byte> bytes = [.. input];
        for (int changes = 1 + random.Next(MostChanges); changes > 0; changes--)
        {
            Change(bytes, donor, random);
        }
        return [.. bytes];
    }

    /// <summary>A number that tends to be the first or last of its kind.</summary>
    public static long Number(Random random) => random.Next(4) == 0 ? random.NextInt64() >> random.Next(64) : Numbers[random.Next(Numbers.Length)];

    private void Change(List<byte> bytes, byte[] donor, Random random)
    {
        int at = random.Next(bytes.Count + 1);
        int length = Math.Min(bytes.Count - at, 1 + (random.Next(8) == 0 ? random.Next(bytes.Count + 1) : random.Next(LongestRange)));
        switch (random.Next(_words.Length > 0 ? 14 : 12))
        {
            case 0 or 1 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 2 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
            case 3 when at < bytes.Count: bytes[at] += (byte)(random.Next(71) - 35); break;
            case 4 or 5: Overwrite(bytes, at, Fixed(random)); break;
            case 6: bytes.RemoveRange(at, length); break;
            case 7: bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length)); break;
            case 8 when at < bytes.Count:
                bytes.InsertRange(at, Enumerable.Repeat(bytes[at], 1 + random.Next(random.Next(16) == 0 ? LongestRepetition : LongestRange)));
                break;
            case 9 when donor.Length > 0:
                int from = random.Next(donor.Length);
                byte[] part = donor[from..Math.Min(donor.Length, from + 1 + random.Next(random.Next(4) == 0 ? donor.Length : LongestRange))];
                bytes.RemoveRange(at, random.Next(2) * Math.Min(part.Length, bytes.Count - at));
                bytes.InsertRange(at, part);
                break;
            case 10: ChangeDigits(bytes, at, random); break;
            case 11 when random.Next(4) == 0: bytes.RemoveRange(at, bytes.Count - at); break;
            case 12: bytes.InsertRange(at, _words[random.Next(_words.Length)]); break;
            case 13: Overwrite(bytes, at, _words[random.Next(_words.Length)]); break;
        }
    }

    private static byte[] Fixed(Random random)
    {
        byte[] bytes = new byte[8];
        long number = Number(random);
        int width = 1 << random.Next(4);
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
            return bytes[..width];
        }
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes[^width..];
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] value)
    {
        for (int i = 0; i < value.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = value[i];
        }
    }

    private static void ChangeDigits(List<byte> bytes, int at, Random random)
    {
        int start = bytes.FindIndex(at, b => char.IsAsciiDigit((char)b));
        if (start < 0)
        {
            return;
        }
        int end = bytes.FindIndex(start, b => !char.IsAsciiDigit((char)b));
        bytes.RemoveRange(start, (end < 0 ? bytes.Count : end) - start);
        bytes.InsertRange(start, Encoding.ASCII.GetBytes(Number(random).ToString(CultureInfo.InvariantCulture)));
    }
}
