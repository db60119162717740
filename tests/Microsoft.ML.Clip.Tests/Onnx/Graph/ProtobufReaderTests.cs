using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class ProtobufReaderTests
{
    [Fact]
    public void TryRead_WhatWasWritten_ComesBack() =>
        Gen.Select(Gen.Int[1, 2000], Gen.Long, Gen.Byte.Array[0, 40]).Array[0, 12].Sample(fields =>
        {
            var writer = new ProtobufWriter();
            foreach (var (number, value, bytes) in fields)
            {
                _ = bytes.Length % 2 == 0 ? writer.Int(number, value) : writer.Bytes(number, bytes);
            }
            byte[] message = writer.ToArray();
            var reader = new ProtobufReader(new MemoryStream(message));
            long at = 0;
            foreach (var (number, value, bytes) in fields)
            {
                long begin = at;
                bool isRange = bytes.Length % 2 != 0;
                if (!reader.TryRead(ref at, message.Length, out var field) || field.Number != number || field.IsRange != isRange
                    || field.Begin != begin || field.End != at
                    || (isRange ? !reader.Bytes(field).SequenceEqual(bytes) : (long)field.Value != value))
                {
                    return false;
                }
            }
            return !reader.TryRead(ref at, message.Length, out _) && at == message.Length;
        });

    [Fact]
    public void Integers_PackedOrOneByOne_AreTheSame()
    {
        byte[] packed = new ProtobufWriter().Bytes(1, [1, 0xAC, 0x02, 0]).ToArray(), single = new ProtobufWriter().Int(1, 1).Int(1, 300).Int(1, 0).ToArray();

        Assert.Equal([1, 300, 0], Integers(packed));
        Assert.Equal(Integers(packed), Integers(single));
    }

    [Theory]
    [InlineData(new byte[] { 0x0A, 5, 1, 2 }, "claims 5 bytes where 2 are left")]
    [InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 }, "claims 18,446,744,073,709,551,615 bytes")]
    [InlineData(new byte[] { 0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 }, "no number ends")]
    [InlineData(new byte[] { 0x0B }, "is not the start of a field")]
    [InlineData(new byte[] { 0x00, 0x01 }, "is malformed")]
    public void TryRead_Damaged_SaysWhere(byte[] message, string expected)
    {
        long at = 0;
        var reader = new ProtobufReader(new MemoryStream(message));

        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => reader.TryRead(ref at, message.Length, out _)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0x08 })]
    [InlineData(new byte[] { 0x08, 0x80 })]
    [InlineData(new byte[] { 0x0D, 1, 2 })]
    public void TryRead_EndInTheMiddle_IsAnEndOfStream(byte[] message)
    {
        long at = 0;

        Assert.Throws<EndOfStreamException>(() => new ProtobufReader(new MemoryStream(message)).TryRead(ref at, message.Length, out _));
    }

    private static List<long> Integers(byte[] message)
    {
        var reader = new ProtobufReader(new MemoryStream(message));
        List<long> values = [];
        for (long at = 0; reader.TryRead(ref at, message.Length, out var field);)
        {
            reader.Integers(field, values, most: 8, "values");
        }
        return values;
    }
}
