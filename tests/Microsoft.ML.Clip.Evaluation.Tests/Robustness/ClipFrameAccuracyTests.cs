namespace Microsoft.ML.Clip.Tests;

public sealed class ClipFrameAccuracyTests
{
    // The first is wrong ten frames on, the second eleven; the third is wrong itself.
    private static readonly ClipFrame[] Frames =
    [
        new("a", 0, true), new("a", -3, true), new("a", 10, false),
        new("b", -11, false), new("b", 0, true),
        new("c", 0, false), new("c", 1, true),
        new("d", 0, true),
    ];

    [Theory]
    [InlineData(0, 3, 4)]
    [InlineData(3, 3, 6)]
    [InlineData(10, 2, 7)]
    [InlineData(11, 1, 8)]
    public void Of_IsRightOnlyIfEveryFrameWithinKIs(int k, int hits, int frames)
    {
        var accuracy = ClipFrameAccuracy.Of(Frames, k);

        Assert.Equal(new ClipFrameAccuracy(k, hits, 4, frames), accuracy);
        Assert.Equal(hits / 4.0, accuracy.Accuracy);
        Assert.Equal(ClipInterval.ClopperPearson(hits, 4), accuracy.Interval);
    }

    [Fact]
    public void Of_WhatDoesNotFit_IsNamed()
    {
        Assert.Contains("'a' has 2 frames at 1", Message(new("a", 0, true), new("a", 1, true), new("a", 1, false)), StringComparison.Ordinal);
        Assert.Contains("'b' has 2 neighbours, but is not there itself", Message(new("a", 0, true), new("b", 1, true), new("b", 2, true)), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ClipFrameAccuracy.Of([], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipFrameAccuracy.Of(Frames, -1));

        static string Message(params ClipFrame[] frames) => Assert.Throws<ArgumentException>(() => ClipFrameAccuracy.Of(frames, 5)).Message;
    }
}
