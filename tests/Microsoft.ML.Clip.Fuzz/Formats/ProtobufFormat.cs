namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Protobuf by its fields: lengths are put right around what was changed, so that the change is reached, unless they are what is changed.</summary>
internal sealed class ProtobufFormat : IFormat
{
    private const int MostChanges = 4, DeepestNesting = 150;

    private readonly ByteFormat _bytes = new("location", "offset", "length", "logit_scale", "../x", "Constant", "If", "pixel_values", "input_ids", "image_embeds", "text_embeds");

    public byte[] Mutate(byte[] input, byte[] donor, Random random)
    {
        var root = Field.Parse(input);
        if (root is null || random.Next(6) == 0)
        {
            return _bytes.Mutate(input, donor, random);
        }
        for (int changes = 1 + random.Next(MostChanges); changes > 0; changes--)
        {
            Change(root, donor, random);
        }
        using var stream = new MemoryStream();
        root.ForEach(f => f.Write(stream));
        byte[] result = stream.ToArray();
        return random.Next(8) == 0 ? _bytes.Mutate(result, donor, random) : result;
    }

    private void Change(List<Field> root, byte[] donor, Random random)
    {
        var list = Descend(root, random);
        int at = random.Next(list.Count);
        var field = list[at];
        switch (random.Next(12))
        {
            case 0: list.RemoveAt(at); break;
            case 1: list.Insert(random.Next(list.Count), field.Copy()); break;
            case 2 or 3 when Field.Parse(donor) is { } other:
                var from = Descend(other, random);
                list[at] = from[random.Next(from.Count)];
                break;
            case 4: field.Number = 1 + random.Next(20); break;
            case 5: field.Wire = random.Next(6); break;
            case 6 or 7: field.Value = (ulong)ByteFormat.Number(random); break;
            case 8 when field.Children is { } children:
                for (int depth = random.Next(8) == 0 ? random.Next(DeepestNesting) : 1; depth > 0; depth--)
                {
                    field.Children = [new Field { Number = field.Number, Wire = 2, Children = field.Children }];
                }
                children.Add(field.Copy());
                break;
            case 9 when field.Children is null: (field.Wire, field.Children) = (2, Field.Parse(field.Payload)); break;
            default:
                (field.Payload, field.Children) = (_bytes.Mutate(field.Bytes(), donor, random), null);
                break;
        }
        if (root.Count == 0)
        {
            root.Add(field);
        }
    }

    private static List<Field> Descend(List<Field> root, Random random)
    {
        var list = root;
        while (random.Next(5) > 0)
        {
            var inner = list.Where(f => f.Children is { Count: > 0 }).ToList();
            if (inner.Count == 0)
            {
                break;
            }
            list = inner[random.Next(inner.Count)].Children!;
        }
        return list;
    }

    private sealed class Field
    {
        private const int MostFields = 10_000;

        public int Number { get; set; }

        public int Wire { get; set; }

        public ulong Value { get; set; }

        public byte[] Payload { get; set; } = [];

        public List<Field>? Children { get; set; }

        public static List<Field>? Parse(byte[] bytes) => bytes.Length > 0 && Parse(bytes, depth: 0) is { Count: > 0 } fields ? fields : null;

        public Field Copy() => new() { Number = Number, Wire = Wire, Value = Value, Payload = Payload, Children = Children?.ConvertAll(c => c.Copy()) };

        public byte[] Bytes()
        {
            if (Children is null)
            {
                return Payload;
            }
            using var stream = new MemoryStream();
            Children.ForEach(c => c.Write(stream));
            return stream.ToArray();
        }

        public void Write(Stream stream)
        {
            Varint(stream, ((ulong)Number << 3) | (uint)Wire);
            switch (Wire)
            {
                case 0: Varint(stream, Value); break;
                case 1: stream.Write(BitConverter.GetBytes(Value)); break;
                case 5: stream.Write(BitConverter.GetBytes((uint)Value)); break;
                default:
                    byte[] bytes = Bytes();
                    Varint(stream, (ulong)bytes.Length);
                    stream.Write(bytes);
                    break;
            }
        }

        // Whatever reads as fields to its end is taken for a message: what is written is the same.
        private static List<Field>? Parse(ReadOnlySpan<byte> bytes, int depth)
        {
            List<Field> fields = [];
            while (bytes.Length > 0)
            {
                if (!TryVarint(ref bytes, out ulong tag) || tag >> 3 is 0 or > 100 || fields.Count == MostFields)
                {
                    return null;
                }
                var field = new Field { Number = (int)(tag >> 3), Wire = (int)(tag & 7) };
                int size = field.Wire switch { 1 => 8, 5 => 4, _ => 0 };
                ulong value = 0;
                if (field.Wire is not (0 or 1 or 2 or 5) || bytes.Length < size || (size == 0 && !TryVarint(ref bytes, out value)))
                {
                    return null;
                }
                if (field.Wire == 2)
                {
                    if (value > (ulong)bytes.Length)
                    {
                        return null;
                    }
                    field.Payload = bytes[..(int)value].ToArray();
                    field.Children = value is > 1 and < 1 << 16 && depth < 12 && Parse(field.Payload, depth + 1) is { Count: > 0 } children ? children : null;
                    bytes = bytes[(int)value..];
                }
                else
                {
                    field.Value = size == 8 ? BitConverter.ToUInt64(bytes) : size == 4 ? BitConverter.ToUInt32(bytes) : value;
                    bytes = bytes[size..];
                }
                fields.Add(field);
            }
            return fields;
        }

        private static bool TryVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
        {
            value = 0;
            for (int i = 0; i < bytes.Length && i < 10; i++)
            {
                value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
                if (bytes[i] < 0x80)
                {
                    bytes = bytes[(i + 1)..];
                    return true;
                }
            }
            return false;
        }

        private static void Varint(Stream stream, ulong value)
        {
            for (; value >= 0x80; value >>= 7)
            {
                stream.WriteByte((byte)(value | 0x80));
            }
            stream.WriteByte((byte)value);
        }
    }
}
