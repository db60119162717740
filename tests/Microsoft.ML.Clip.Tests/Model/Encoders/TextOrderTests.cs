namespace Microsoft.ML.Clip.Tests;

public sealed class TextOrderTests
{
    private const int Start = 90, End = 91;

    [Fact]
    public void Rows_OfMixedLengths_ComeShortestFirst()
    {
        var order = Order([Start, 1, 2, 3, End, 0], [Start, End, 0, 0, 0, 0], [Start, 7, 8, End, 0, 0]);

        Assert.Equal([1, 2, 0], order.Rows.ToArray());
        Assert.Equal([5, 2, 4], [order.Length(0), order.Length(1), order.Length(2)]);
        Assert.False(order.IsIdentity);
    }

    [Fact]
    public void Rows_WithDuplicates_HoldEachTextOnceAndEveryRowFindsItsOwn()
    {
        int[][] texts = [[Start, 5, End, 0, 0, 0], [Start, 4, End, 0, 0, 0], [Start, 5, End, 0, 0, 0], [Start, End, 0, 0, 0, 0], [Start, 5, End, 0, 0, 0]];

        var order = Order(texts);

        Assert.Equal(3, order.Rows.Length);
        for (int i = 0; i < texts.Length; i++)
        {
            Assert.Equal(texts[i], texts[order.Rows[order.Place(i)]]);
        }
    }

    [Fact]
    public void IsIdentity_RowsInOrderAndDistinct_IsTrue() => Assert.True(Order([Start, End, 0, 0, 0, 0], [Start, 1, End, 0, 0, 0]).IsIdentity);

    [Fact]
    public void Length_PaddedWithTheEndToken_EndsAtTheFirst()
    {
        var order = Order([Start, 1, End, End, End, End]);

        Assert.Equal((3, 3), (order.End(0), order.Length(0)));
    }

    [Fact]
    public void Length_AddedTokenAboveTheEndToken_KeepsBoth()
    {
        // A graph may pool at the end token, or at the highest id, wherever that stands.
        var before = Order([Start, 95, 1, End, 0, 0]);
        var after = Order([Start, 1, End, 95, 0, 0]);

        Assert.Equal((4, 4), (before.End(0), before.Length(0)));
        Assert.Equal((3, 4), (after.End(0), after.Length(0)));
    }

    [Fact]
    public void End_WithoutAnEndTokenId_IsTheHighestId()
    {
        var order = new TextOrder(Rows.Of([Start, 1, End, 0, 0, 0], 1), frame: null);

        Assert.Equal(3, order.End(0));
    }

    [Fact]
    public void End_OfPaddingThatIsNoEnd_IsBehindTheLastThatIsNone()
    {
        // An end token that a caller wrote into a text is a part of it, as Hugging Face's attention mask has it.
        var order = new TextOrder(Rows.Of([Start, 1, End, 2, End, 0], 1), new TextFrame(Start, End, Pad: 0));

        Assert.Equal((5, 5), (order.End(0), order.Length(0)));
    }

    private static TextOrder Order(params int[][] rows) => new(Rows.Of(rows.SelectMany(r => r).ToArray(), rows.Length), new TextFrame(Start, End, End));
}
