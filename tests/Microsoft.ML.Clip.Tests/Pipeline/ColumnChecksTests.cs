using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

public sealed class ColumnChecksTests
{
    [Fact]
    public void Find_OtherColumns_NamesThem()
    {
        var data = new MLContext().Data.LoadFromEnumerable([new { File = "a.png", Class = "cat" }]);

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => ColumnChecks.Find(null, data.Schema, "Path"));

        Assert.Contains("The input has no column 'Path'. Its columns are: 'File', 'Class'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_NoColumnAtAll_SpeaksOfTrimming()
    {
        // What ML.NET finds in a trimmed program.
        var schema = new DataViewSchema.Builder().ToSchema();

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => ColumnChecks.Find(null, schema, "Path"));

        Assert.Contains("PublishTrimmed and PublishAot", error.Message, StringComparison.Ordinal);
    }
}
