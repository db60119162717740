using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>An attribute of a new operation, as ONNX writes it (AttributeProto).</summary>
internal readonly struct DraftAttribute
{
    private const int Name = 1, Single = 2, Integer = 3, Text = 4, Integers = 8, Kind = 20;
    private const int KindSingle = 1, KindInteger = 2, KindText = 3, KindIntegers = 7;

    private readonly byte[] _content;

    private DraftAttribute(string name, int kind, Action<ProtobufOutput> write, double? number = null)
    {
        (Key, Number) = (name, number);
        using var output = new ProtobufOutput();
        output.Bytes(Name, Encoding.UTF8.GetBytes(name));
        write(output);
        output.Number(Kind, kind);
        _content = output.ToArray();
    }

    /// <summary>The attribute's name.</summary>
    public string Key { get; }

    /// <summary>Its value, where that is one number.</summary>
    public double? Number { get; }

    /// <summary>The content of the message.</summary>
    public ReadOnlySpan<byte> Content => _content;

    public static DraftAttribute Of(string name, long value) => new(name, KindInteger, output => output.Number(Integer, value), value);

    public static DraftAttribute Of(string name, float value) => new(name, KindSingle, output => output.Single(Single, value), value);

    public static DraftAttribute Of(string name, string value) => new(name, KindText, output => output.Bytes(Text, Encoding.UTF8.GetBytes(value)));

    public static DraftAttribute Of(string name, params ReadOnlySpan<long> values)
    {
        long[] copy = values.ToArray();
        return new(name, KindIntegers, output => Array.ForEach(copy, value => output.Number(Integers, value)));
    }
}

/// <summary>The data of a new constant: its bytes as ONNX's raw_data has them, little-endian.</summary>
internal static class DraftData
{
    public static byte[] Of(ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        }
        return bytes;
    }

    public static byte[] Of(ReadOnlySpan<int> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(int)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), values[i]);
        }
        return bytes;
    }

    public static byte[] Of(ReadOnlySpan<long> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(long)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        }
        return bytes;
    }
}
