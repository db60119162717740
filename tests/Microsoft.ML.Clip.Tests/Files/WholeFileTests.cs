namespace Microsoft.ML.Clip.Tests;

public sealed class WholeFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Write_Replaces_AndLeavesNothingElse()
    {
        string path = _directory.Write("file", "a longer old text");

        WholeFile.Write(path, stream => stream.Write("new"u8));

        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_directory));
    }

    [Fact]
    public void Write_ThatFails_LeavesTheOldOne()
    {
        string path = _directory.Write("file", "old");

        Assert.Throws<IOException>(() => WholeFile.Write(path, stream =>
        {
            stream.Write("half"u8);
            throw new IOException("the disk is full");
        }));

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_directory));
    }
}
