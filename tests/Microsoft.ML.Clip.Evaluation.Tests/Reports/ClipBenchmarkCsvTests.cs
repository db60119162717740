namespace Microsoft.ML.Clip.Tests;

public sealed class ClipBenchmarkCsvTests
{
    [Fact]
    public void Parse_Published_AndFormat_GiveTheSameTable()
    {
        var published = PublishedTables.Read("clip_benchmark.csv");
        var rows = ClipBenchmarkCsv.Parse(PublishedTables.Text("clip_benchmark.csv"));

        Assert.Equal(507, rows.Count);
        var first = rows[0];
        Assert.Equal(("vtab/dsprites_label_orientation", "ViT-L-14", "openai", "zeroshot_classification"), (first.Dataset, first.Model, first.Pretrained, first.Task));
        Assert.Equal((0.0232340494791666, 0.1152615017361111, 0.0242046402834269),
            (first.Accuracy!.Value, first.Top5Accuracy!.Value, first.MeanPerClassRecall!.Value));
        Assert.All(rows, r => Assert.Null(r.Language));
        var written = CsvTable.Parse(ClipBenchmarkCsv.Format(rows), "it");
        Assert.Equal(published.Columns.Order(StringComparer.Ordinal), written.Columns.Order(StringComparer.Ordinal));
        for (int i = 0; i < published.Count; i++)
        {
            Assert.All(published.Columns, c => Assert.Equal(Of(published, c), Of(written, c)));

            // Numbers are the same numbers, if not the same digits.
            object? Of(CsvTable table, string column) =>
                double.TryParse(table[i, column], System.Globalization.CultureInfo.InvariantCulture, out double number) ? number : table[i, column];
        }
    }

    [Fact]
    public void Format_OtherColumnsAndLanguage_AreKept()
    {
        var others = new Dictionary<string, string> { ["seconds"] = "1" };
        ClipBenchmarkRow[] rows =
            [new("a,b", "m", "p", "t") { Language = "de", ImageRetrievalRecallAt5 = 0.5, Others = others }, new("c", "m", "p", "t") { Accuracy = 1 }];

        string text = ClipBenchmarkCsv.Format(rows);

        Assert.Equal("acc1,acc5,mean_per_class_recall,mean_average_precision,image_retrieval_recall@5,text_retrieval_recall@5,dataset,model,pretrained,task,model_fullname,language,seconds\n"
            + ",,,,0.5,,\"a,b\",m,p,t,m p,de,1\n1,,,,,,c,m,p,t,m p,,\n", text);
        var read = ClipBenchmarkCsv.Parse(text);
        Assert.Equal(("de", 0.5, "1"), (read[0].Language, read[0].ImageRetrievalRecallAt5, read[0].Others["seconds"]));
        Assert.Empty(read[1].Others);
    }

    [Fact]
    public void ModelFullName_WithoutTrainingData_HasNoBlank() =>
        Assert.Equal(("m", "m p"), (new ClipBenchmarkRow("a", "m", "", "t").ModelFullName, new ClipBenchmarkRow("a", "m", "p", "t").ModelFullName));

    [Fact]
    public void Write_AndRead_AFile()
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.FullName, "table.csv");

        ClipBenchmarkCsv.Write(path, [new("a", "m", "p", "t") { Accuracy = 0.1 }]);

        Assert.Equal(0.1, Assert.Single(ClipBenchmarkCsv.Read(path)).Accuracy);
        File.WriteAllBytes(path, [0xFF, 0xFE, 0x41]);
        Assert.Contains("not UTF-8", Assert.Throws<InvalidDataException>(() => ClipBenchmarkCsv.Read(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("dataset,model,task\nx,y,z\n", "no column 'pretrained'")]
    [InlineData("dataset,model,pretrained,task,acc1\na,b,c,d,0.5\ne,f,g,h,many\n", "Line 3 of the table has 'many' for acc1")]
    [InlineData("dataset,model,pretrained,task,acc1\na,b,c,d\n", "Line 2 of the table has 4 fields; expected 5")]
    [InlineData("dataset,model,pretrained,task,acc1\na,b,c,d,inf\n", "'inf'")]
    [InlineData("dataset,model,pretrained,task,task\na,b,c,d,e\n", "two columns 'task'")]
    [InlineData("dataset,model,pretrained,task\n\"a,b,c,d\n", "Line 2 of the table has a field in quotes that does not end")]
    [InlineData("dataset,model,pretrained,task\n\"a\"x,b,c,d\n", "Line 2 of the table has 'x' where a field ends")]
    public void Parse_NoSuchTable_IsNamed(string text, string message) =>
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => ClipBenchmarkCsv.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Format_NoNumber_IsNamed() =>
        Assert.Contains("Row 0 (counted from 0) has NaN for acc5", Assert.Throws<ArgumentException>(() => ClipBenchmarkCsv.Format([new("a", "m", "p", "t") { Top5Accuracy = double.NaN }])).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("a,b\n1,\n", "")]
    [InlineData("a,b\n1,", "")]
    [InlineData("\uFEFFa,b\r\n1,\"\"\r\n\r\n", "")]
    [InlineData("a,b\n1,\"x\"", "x")]
    public void CsvTable_EndsOfFieldsAndLines(string text, string b)
    {
        var table = CsvTable.Parse(text, "it");

        Assert.Equal((1, "1", b), (table.Count, table[0, "a"], table[0, "b"]));
    }
}
