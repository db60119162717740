using System.Text;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Tar files: bytes, of which most times the checksums of the heads are put right again.</summary>
internal sealed class TarFormat(IFormat bytes) : IFormat
{
    private const int Block = 512, Checksum = 148, ChecksumLength = 8, Type = 156;

    public byte[] Mutate(byte[] input, byte[] donor, Random random)
    {
        byte[] changed;
        if (random.Next(3) == 0)
        {
            changed = bytes.Mutate(input, donor, random);
        }
        else
        {
            // Within one head, so that what comes after stays where it is.
            changed = [.. input];
            for (int changes = 1 + random.Next(3); changes > 0 && changed.Length >= Block; changes--)
            {
                int head = Block * random.Next(changed.Length / Block), at = head + (random.Next(2) == 0 ? random.Next(Block) : 124 + random.Next(40));
                changed[at] = random.Next(4) switch { 0 => (byte)random.Next(256), 1 => (byte)('0' + random.Next(10)), 2 => (byte)"xgLK125\0"[random.Next(8)], _ => 0 };
            }
        }
        if (random.Next(5) > 0)
        {
            Sign(changed);
        }
        return changed;
    }

    private static void Sign(byte[] tar)
    {
        for (int at = 0; at + Block <= tar.Length; at += Block)
        {
            // What looks like a head: the magic word of ustar, or a type of those before it.
            var head = tar.AsSpan(at, Block);
            if (!head.Slice(257, 5).SequenceEqual("ustar"u8) && head[Type] is not (>= (byte)'0' and <= (byte)'7'))
            {
                continue;
            }
            head.Slice(Checksum, ChecksumLength).Fill((byte)' ');
            int sum = 0;
            foreach (byte value in head)
            {
                sum += value;
            }
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(head[Checksum..]);
        }
    }
}
