using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The list that moves from the stack to the pool, and what of a word each byte belongs to.</summary>
public sealed class ValueListTests
{
    [Theory]
    [InlineData(0), InlineData(1), InlineData(4), InlineData(1000)]
    public void Add_BeyondItsRoom_KeepsEverything(int room)
    {
        var list = new ValueList<int>(new int[room]);
        for (int i = 0; i < 100; i++)
        {
            list.Add(i);
        }
        list.AddRange([.. Enumerable.Range(100, 900)]);
        list.Append(2)[1] = 1001;
        list[1000] = 1000;

        Assert.Equal(1002, list.Count);
        Assert.Equal(Enumerable.Range(0, 1002), list.AsSpan().ToArray());
        list.Dispose();
        Assert.Equal(0, list.Count);
    }

    [Fact]
    public void Append_Room_IsFilledToItsEndBeforeTheListMoves()
    {
        int[] room = new int[4];
        var list = new ValueList<int>(room);
        list.AddRange([1, 2]);
        list.Append(2).Fill(9);
        Assert.Equal([1, 2, 9, 9], room);
        list.Append(1)[0] = 5;
        list[0] = 7;
        Assert.Equal(1, room[0]);
        Assert.Equal([7, 2, 9, 9, 5], list.AsSpan().ToArray());
        list.Dispose();
    }

    [Fact]
    public void RemoveFirstAndCount_Shorten()
    {
        var list = new ValueList<int>(new int[8]);
        list.AddRange([1, 2, 3, 4, 5]);
        list.RemoveFirst(2);
        Assert.Equal([3, 4, 5], list.AsSpan().ToArray());
        list.Count = 2;
        Assert.Equal([3, 4], list.AsWritableSpan().ToArray());
        bool threw = false;
        try
        {
            list[2]++;
        }
        catch (IndexOutOfRangeException)
        {
            threw = true;
        }
        Assert.True(threw);
        list.Dispose();
    }

    [Fact]
    public void WordBytes_OfAnyCharacter_KnowItsPlace()
    {
        var bytes = new WordBytes("a\u00e9\U0001F600\uD800b", 10);

        Assert.Equal([.. Encoding.UTF8.GetBytes("a\u00e9\U0001F600\uFFFDb")], bytes.Values.ToArray());
        Assert.Equal([10, 11, 11, 12, 12, 12, 12, 14, 14, 14, 15], bytes.Starts.ToArray());
        Assert.Equal([11, 12, 12, 14, 14, 14, 14, 15, 15, 15, 16], bytes.Ends.ToArray());
    }
}
