namespace Microsoft.ML.Clip.Tests;

public sealed class ListInputTests
{
    [Fact]
    public void List_KeepsOrderAndMissingOnes()
    {
        using var folder = new TemporaryDirectory();
        folder.Write("a.jpg", "a");
        folder.Write("d/b.png", "b");
        string list = folder.Write("list.txt", $"\ufeffd/b.png\r\n\r\n./a.jpg\n{folder.Combine("d/b.png")}\nnone.jpg\na.jpg");

        var rows = InputRows.All(ClipShardInputs.List(list));

        Assert.Equal(["d/b.png", "a.jpg", "d/b.png", "none.jpg", "a.jpg"], rows.Select(r => r.Key));
        Assert.Equal([false, false, false, true, false], rows.Select(r => r.Error is not null));
        Assert.Contains("none.jpg", rows[3].Error, StringComparison.Ordinal);
        Assert.Equal(folder.Combine("d/b.png"), rows[2].Path);
    }

    [Fact]
    public void List_OfAFileThatCameLater_StillHasItsError_AndLooksChanged()
    {
        using var folder = new TemporaryDirectory();
        var input = ClipShardInputs.List(folder.Write("list.txt", "a.jpg\n")).Open();
        var file = input.List(CancellationToken.None).Single();

        Assert.Equal(file, input.Look(file));
        folder.Write("a.jpg", "a");

        Assert.NotEqual(file, input.Look(file));
        Assert.NotNull(input.Read(file, 0, 1, CancellationToken.None).Single().Error);
    }

    [Theory]
    [InlineData("../x.jpg")]
    [InlineData("a/../../x.jpg")]
    [InlineData("/etc/hosts")]
    [InlineData("a//b.jpg")]
    [InlineData("folder/")]
    [InlineData("a\tb.jpg")]
    public void List_WithAnotherPlace_NamesTheLine(string line)
    {
        using var folder = new TemporaryDirectory();
        folder.Write("a.jpg", "a");
        string list = folder.Write("list.txt", $"a.jpg\n{line}\n");

        var e = InputRows.Fails(ClipShardInputs.List(list));

        Assert.Equal(ClipShardProblem.Input, e.Problem);
        Assert.Contains($"Line 2 of '{list}'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void List_OfAnotherFolder_IsRelativeToIt()
    {
        using var folder = new TemporaryDirectory();
        folder.Write("images/a.jpg", "a");
        string list = folder.Write("lists/list.txt", "a.jpg\n");

        Assert.Null(InputRows.All(ClipShardInputs.List(list, folder.Combine("images"))).Single().Error);
        Assert.NotNull(InputRows.All(ClipShardInputs.List(list)).Single().Error);
    }

    [Fact]
    public void List_ThatIsNoText_NamesTheLine()
    {
        using var folder = new TemporaryDirectory();

        Assert.Contains("Line 2", InputRows.Fails(ClipShardInputs.List(folder.Write("a", [.. "a.jpg\n"u8, 0xFF, 0xFE, (byte)'\n']))).Message, StringComparison.Ordinal);
        Assert.Contains("Line 2", InputRows.Fails(ClipShardInputs.List(folder.Write("b", $"a.jpg\n{new string('x', 5000)}\n"))).Message, StringComparison.Ordinal);
        Assert.Contains("Line 1", InputRows.Fails(ClipShardInputs.List(folder.Write("c", new string('x', 1 << 20)))).Message, StringComparison.Ordinal);
        Assert.Contains("no bytes", InputRows.Fails(ClipShardInputs.List(folder.Write("d", ""))).Message, StringComparison.Ordinal);
    }

    // Lines lie across the pieces that the file is read in.
    [Fact]
    public void List_OfManyLines_HasAllOfThem()
    {
        using var folder = new TemporaryDirectory();
        string[] names = [.. Enumerable.Range(0, 20_000).Select(i => $"{new string('n', i % 97)}{i}.jpg")];
        string list = folder.Write("list.txt", string.Join('\n', names));

        Assert.Equal(names, InputRows.Files(ClipShardInputs.List(list)).Select(f => f.Name));
    }
}
