namespace Microsoft.ML.Clip.Tests;

public sealed class QuantizeCommandTests
{
    [Fact]
    public void Run_OfAModel_WritesOneThatClassifiesAlike()
    {
        using var directory = new TemporaryDirectory();
        string destination = directory.Combine("small");

        var report = ToolRun.Of("quantize", "tiny", destination, "--images", ToolRun.Photographs, "--no-speed", "--json").Expect(0).Json;

        Assert.True(report.GetProperty("isGood").GetBoolean());
        Assert.True(report.GetProperty("images").GetProperty("meanCosine").GetDouble() > 0.99);
        var rows = ToolRun.Of("classify", ToolRun.Photographs, "--labels", "koala,bison,dog", "--model", destination, "--variant", "int8", "--json").Expect(0).JsonLines;
        Assert.Equal("koala", rows[4].GetProperty("label").GetString());
        // What is there is not replaced unasked.
        Assert.Contains("int8", ToolRun.Of("quantize", "tiny", destination).Expect(ExitCode.BadInput).Error, StringComparison.Ordinal);
    }
}
