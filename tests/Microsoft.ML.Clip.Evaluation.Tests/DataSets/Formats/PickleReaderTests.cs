using System.Text;
using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class PickleReaderTests
{
    [Theory]
    [InlineData(PickleFiles.Evil2)]
    [InlineData(PickleFiles.Evil4)]
    public void Read_Import_IsRefusedByName(string pickle) =>
        SetFiles.Refused(() => PickleReader.Read(SetFiles.Gunzip(pickle), "data_batch_1"), "'data_batch_1'", "wants to import", "posix.system", "nothing is imported or run");

    [Theory]
    [InlineData("cbuiltins\neval\n.", "'builtins.eval'")]
    [InlineData("c__builtin__\neval\n.", "'__builtin__.eval'")]
    [InlineData("cnumpy\nload\n.", "'numpy.load'")]
    [InlineData("cnumpy.core.multiarray\nfromfile\n.", "'numpy.core.multiarray.fromfile'")]
    [InlineData("cnumpy\nndarray", "cut short within a name")]
    [InlineData("cnumpy\nndarray\n)R.", "calls 'numpy.ndarray'")]
    [InlineData("cnumpy\ndtype\n(U\x02u1tR)b.", "sets the state")]
    [InlineData("K\x01)R.", "calls what is no function")]
    [InlineData("(ios\nsystem\n.", "operation 0x69")]
    [InlineData("(oS.", "operation 0x6F")]
    [InlineData("U\x01xP", "operation 0x50")]
    [InlineData("\x81.", "operation 0x81")]
    public void Read_WhatWouldRun_IsRefused(string pickle, string expected) => SetFiles.Refused(() => Read(pickle), expected);

    [Theory]
    [InlineData("", "cut short")]
    [InlineData("U\x05" + "abc", "cut short")]
    [InlineData("T\xFF\xFF\xFF\xFF", "below 0")]
    [InlineData("B\xFF\xFF\xFF\x7F", "cut short")]
    [InlineData(".", "0 values")]
    [InlineData("NN.", "2 values")]
    [InlineData("a.", "not there")]
    [InlineData("]a.", "not there")]
    [InlineData("NNa.", "no list")]
    [InlineData("e.", "not begun")]
    [InlineData("Ne.", "not begun")]
    [InlineData("N(a.", "not there")]
    [InlineData("NNs.", "not there")]
    [InlineData("NNNs.", "no dictionary")]
    [InlineData("}NNs.", "something else where a text")]
    [InlineData("}(U\u0001aNU\u0001aNu.", "'a' twice")]
    [InlineData("}(Nu.", "no dictionary")]
    [InlineData("h\x01.", "did not remember")]
    [InlineData("q\x01.", "not there")]
    [InlineData("\x8a\x09" + "123456789.", "9 bytes")]
    [InlineData("c_codecs\nencode\nX\x02\x00\x00\x00\xC4\x80U\x06latin1\x86R.", "beyond 255")]
    public void Read_Nonsense_IsRefused(string pickle, string expected) => SetFiles.Refused(() => Read(pickle), expected, "(byte ");

    [Fact]
    public void Read_Values()
    {
        Assert.Equal(-1L, Read("J\xFF\xFF\xFF\xFF."));
        Assert.Equal(-2L, Read("\x8a\x01\xFE."));
        Assert.Equal(255L, Read("\x8a\x02\xFF\x00."));
        Assert.Equal(0L, Read("\x8a\x00."));
        Assert.Equal([true, null, "ä", 513L], Assert.IsType<object?[]>(Read("(\x88NX\x02\x00\x00\x00\xC3\xA4M\x01\x02t.")));
        Assert.Equal([1L], Assert.IsType<List<object?>>(Read("]K\x01" + "a.")));
        Assert.Equal([1L, 1L], Assert.IsType<object?[]>(Read("K\x01q\x07h\x07\x86.")));
    }

    [Fact]
    public void Read_Protocols_BeforeAndAfter_AreNamed()
    {
        SetFiles.Refused(() => PickleReader.Read(SetFiles.Gunzip(PickleFiles.Batch5), "p"), "protocol 5", "2 to 4");
        SetFiles.Refused(() => Read("\x80\x01"), "protocol 1");
    }

    [Fact]
    public void Read_DeepOrLarge_EndsAtALimit()
    {
        SetFiles.Refused(() => Read(new string('(', 2_000)), "deeper than 1000");
        SetFiles.Refused(() => Read(new string('N', 4_000_001)), "more than 4,000,000 values");
        // A text of a thousand bytes, made bytes a thousand times.
        string text = "c_codecs\nencode\nq\x01X\xE8\x03\x00\x00" + new string('x', 1000) + "U\x06latin1\x86q\x02";
        SetFiles.Refused(() => Read(text + string.Concat(Enumerable.Repeat("h\x01h\x02R", 1000))), "more bytes than it has");
    }

    // Whatever is damaged, it ends with a value or with the one kind of error.
    [Fact]
    public void Read_DamagedBatch_IsReadOrRefused()
    {
        byte[] batch = SetFiles.Python2Batch("labels", [1], [SetFiles.Pixels(0)]);
        Gen.Select(Gen.Int[0, 200], Gen.Byte, Gen.Int[0, 200], Gen.Byte).Sample((a, x, b, y) =>
        {
            byte[] damaged = [.. batch];
            (damaged[a], damaged[^(1 + (b % 10))]) = (x, y);
            var error = Record.Exception(() => PickleReader.Read(damaged, "p"));
            Assert.True(error is null or InvalidDataException, $"{error}");
        }, iter: 2_000, threads: 1);
    }

    [Fact]
    public void Read_CutShortAnywhere_IsRefused()
    {
        byte[] batch = SetFiles.Python2Batch("labels", [1], [SetFiles.Pixels(0)]);
        foreach (int length in Enumerable.Range(0, 220).Append(batch.Length - 1))
        {
            Assert.Throws<InvalidDataException>(() => PickleReader.Read(batch.AsMemory(0, length), "p"));
        }
    }

    private static object? Read(string latin1) => PickleReader.Read(Encoding.Latin1.GetBytes(latin1), "p");
}
