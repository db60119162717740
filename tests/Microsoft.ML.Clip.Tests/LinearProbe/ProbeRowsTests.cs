namespace Microsoft.ML.Clip.Tests;

public sealed unsafe class ProbeRowsTests
{
    private const int Dimension = 300;

    // Pieces of more than one huge page, and a last one that is cut short, whatever was expected.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(9_001)]
    [InlineData(50_000)]
    public void EveryRowIsKeptHoweverManyWereExpected(long expected)
    {
        const int Count = 9_001;
        var rows = new ProbeRows(Dimension, weighted: true, expected);
        for (int i = 0; i < Count; i++)
        {
            var features = rows.Add(i % 7, i + 0.5f);
            Assert.Equal(Dimension, features.Length);
            features.Fill(i);
        }
        Assert.Equal(Count, rows.Count);
        int row = 0;
        foreach (var block in rows.Blocks)
        {
            Assert.InRange(block.Count, 1, rows.BlockRows);
            Assert.True((nuint)block.Features.Pointer % 64 == 0, "A block starts on a cache line.");
            for (int r = 0; r < block.Count; r++, row++)
            {
                Assert.Equal(row % 7, block.Labels[r]);
                Assert.Equal(row + 0.5f, block.Weights![r]);
                var values = block.Features.Span.Slice(r * rows.Stride, rows.Stride);
                Assert.False(values[..Dimension].ContainsAnyExcept(row));
                Assert.Equal(1, values[Dimension]);
                Assert.False(values[(Dimension + 1)..].ContainsAnyExcept(0));
            }
        }
        Assert.Equal(Count, row);
    }

    [Fact]
    public void NoRoomIsTakenBeyondWhatIsExpected()
    {
        const int Count = 9_001;
        var rows = new ProbeRows(Dimension, weighted: false, expected: Count);
        for (int i = 0; i < Count; i++)
        {
            rows.Add(0);
        }
        Assert.True(rows.Blocks[^1].IsFull);
        Assert.Equal(Count * rows.Stride, rows.Blocks.Sum(b => b.Features.Length));
    }

    [Fact]
    public void APartIsInTheWholesMemory()
    {
        var whole = new FloatBuffer(3 * FloatBuffer.Alignment);
        var part = whole.Part(FloatBuffer.Alignment, 5);
        part.Span.Fill(2);
        Assert.Equal(5, part.Length);
        Assert.True(part.Pointer == whole.Pointer + FloatBuffer.Alignment);
        Assert.Equal(10, whole.Span.ToArray().Sum());
        Assert.Throws<ArgumentOutOfRangeException>(() => whole.Part(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => whole.Part(FloatBuffer.Alignment, 3 * FloatBuffer.Alignment));
    }

    // The advice must not change what the memory holds, whichever part of it consists of whole huge pages.
    [Fact]
    public void ALargeBufferStartsWithAHugePage()
    {
        var buffer = new FloatBuffer((HugePages.Size / sizeof(float)) + 77, clear: false);
        Assert.True((nuint)buffer.Pointer % HugePages.Size == 0);
        for (int i = 0; i < buffer.Length; i++)
        {
            buffer.Span[i] = i;
        }
        HugePages.Advise(buffer.Pointer, (nuint)buffer.Length * sizeof(float));
        for (int i = 0; i < buffer.Length; i++)
        {
            Assert.True(buffer.Span[i] == i);
        }
    }
}
