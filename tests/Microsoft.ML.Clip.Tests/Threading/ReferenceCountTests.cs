namespace Microsoft.ML.Clip.Tests;

/// <summary>Who keeps resources alive, and who may still take them.</summary>
public sealed class ReferenceCountTests
{
    private int _released;

    [Fact]
    public void Remove_OfTheLastUser_Releases_AndNobodyComesAfter()
    {
        var count = new ReferenceCount(() => _released++);
        Assert.True(count.TryAdd());
        count.Remove();
        Assert.Equal(0, _released);

        count.Remove();

        Assert.Equal(1, _released);
        Assert.False(count.TryAdd());
        Assert.False(count.TryHold());
    }

    [Fact]
    public void Hold_WhenTheLastUserIsGone_KeepsWhatIsThere_AndLetsNobodyIn()
    {
        var count = new ReferenceCount(() => _released++);
        Assert.True(count.TryHold());
        Assert.True(count.TryHold());

        count.Remove();

        Assert.False(count.TryAdd());
        Assert.False(count.TryHold());
        count.RemoveHold();
        Assert.Equal(0, _released);
        count.RemoveHold();
        Assert.Equal(1, _released);
    }

    [Fact]
    public void Hold_ThatEndsBeforeTheUsers_ReleasesNothing()
    {
        var count = new ReferenceCount(() => _released++);
        Assert.True(count.TryHold());
        count.RemoveHold();

        Assert.Equal(0, _released);
        Assert.True(count.TryAdd());
    }
}
