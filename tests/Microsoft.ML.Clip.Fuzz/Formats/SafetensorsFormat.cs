using System.Buffers.Binary;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>A length, a header in JSON, values; the length follows what became of the header.</summary>
internal sealed class SafetensorsFormat : IFormat
{
    private const int Prefix = sizeof(ulong);

    private readonly ByteFormat _bytes = new();
    private readonly JsonFormat _header = new("dtype", "shape", "data_offsets", "__metadata__", "F32", "F16", "BF16", "F64", "I64", "U8", "sha256", "settings", "I8", "logit_scale", "text.weight.scale", "image.hidden.output");

    public byte[] Mutate(byte[] input, byte[] donor, Random random)
    {
        if (random.Next(4) == 0 || Header(input) is not { } header)
        {
            return _bytes.Mutate(input, donor, random);
        }
        byte[] values = input[(Prefix + header.Length)..];
        byte[] changed = random.Next(8) == 0 ? header : _header.Mutate(header, Header(donor) ?? [], random);
        byte[] length = new byte[Prefix];
        BinaryPrimitives.WriteInt64LittleEndian(length, changed.Length);
        return [.. length, .. changed, .. random.Next(4) == 0 ? _bytes.Mutate(values, donor, random) : values];
    }

    private static byte[]? Header(byte[] file) =>
        file.Length >= Prefix && BinaryPrimitives.ReadUInt64LittleEndian(file) is var length && length <= (ulong)(file.Length - Prefix)
        ? file[Prefix..(Prefix + (int)length)] : null;
}
