namespace Microsoft.ML.Clip.Tests;

public sealed class NpyWriterTests
{
    // Those of eng/golden/npy.py.
    private static readonly float[] Rows =
        [0, 1, -1, 0.1f, 65504, 1f / 3, 1.5f / (1 << 24), 2049, float.PositiveInfinity, -0f, float.NaN, float.NaN, float.NaN, float.NaN, float.NaN];

    [Theory]
    [InlineData("rows-f2.npy", true, 5, 15)]
    [InlineData("rows-f2.npy", true, 5, 5)]
    [InlineData("rows-f4.npy", false, 5, 15)]
    [InlineData("rows-f4.npy", false, 5, 5)]
    [InlineData("none-f4.npy", false, 512, 15)]
    public void Bytes_AreNumpys(string golden, bool half, int dimension, int atATime)
    {
        using var stream = new MemoryStream();
        var writer = new NpyWriter(stream, dimension, half);
        for (int i = 0; dimension == 5 && i < Rows.Length; i += atATime)
        {
            writer.Append(Rows.AsSpan(i, atATime));
        }
        writer.Complete();

        Assert.Equal(File.ReadAllBytes(Path.Combine(BuildFacts.RepositoryRoot, "tests/Microsoft.ML.Clip.Shards.Tests/Golden/npy", golden)), stream.ToArray());
    }

    // embedding-reader 5c866f1, numpy_reader.py: the first line of the first 300 bytes, by these expressions; numbers follow it.
    [Theory]
    [InlineData(0, 1, false)]
    [InlineData(1_000_000_000_000, 4096, true)]
    public void Header_IsWhatEmbeddingReaderReads(long rows, int dimension, bool half)
    {
        byte[] header = NpyWriter.Header(rows, dimension, half);

        string line = System.Text.Encoding.Latin1.GetString(header).Split('\n')[0];
        var shape = System.Text.RegularExpressions.Regex.Match(line, @"'shape': \(([0-9]+), ([0-9]+)\)");
        Assert.Equal((rows, dimension), (long.Parse(shape.Groups[1].Value, null), int.Parse(shape.Groups[2].Value, null)));
        Assert.Equal(half ? "<f2" : "<f4", System.Text.RegularExpressions.Regex.Match(line, "'descr': '([<f0-9]+)'").Groups[1].Value);
        Assert.Equal(header.Length, line.Length + 1);
    }

    [Fact]
    public void Append_OfManyRowsAtOnce_IsThatOfEach()
    {
        var random = new Random(3);
        float[] rows = [.. Enumerable.Range(0, 300 * 512).Select(_ => random.NextSingle() - 0.5f)];
        byte[] once = Write(w => w.Append(rows)), each = Write(w =>
        {
            for (int i = 0; i < 300; i++)
            {
                w.Append(rows.AsSpan(i * 512, 512));
            }
        });

        Assert.Equal(once, each);
        Assert.Equal(NpyWriter.HeaderLength + (300 * 512 * 2), once.Length);
    }

    [Fact]
    public void WithoutItsEnd_ItHasNoRow()
    {
        using var stream = new MemoryStream();
        new NpyWriter(stream, 5, half: false).Append(Rows);

        Assert.Equal(NpyWriter.Header(0, 5, half: false), stream.ToArray()[..NpyWriter.HeaderLength]);
    }

    [Fact]
    public void BadRows_AreRefused()
    {
        using var stream = new MemoryStream();
        var writer = new NpyWriter(stream, 5, half: true);

        Assert.Throws<ArgumentException>(() => writer.Append(new float[6]));
        Assert.Contains("70000", Assert.Throws<OverflowException>(() => writer.Append([1, 2, 70000, 4, 5])).Message, StringComparison.Ordinal);
        Assert.Equal((0, NpyWriter.HeaderLength), (writer.Rows, stream.Length));
        using var pipe = new System.IO.Compression.GZipStream(stream, System.IO.Compression.CompressionLevel.Fastest);
        Assert.Throws<ArgumentException>(() => new NpyWriter(pipe, 5, half: true));
    }

    private static byte[] Write(Action<NpyWriter> write)
    {
        using var stream = new MemoryStream();
        var writer = new NpyWriter(stream, 512, half: true);
        write(writer);
        writer.Complete();
        return stream.ToArray();
    }
}
