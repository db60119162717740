namespace Microsoft.ML.Clip.Tests;

/// <summary>The worker's contract as a scheduler sees it.</summary>
public sealed class EmbedCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string Job => _directory.Combine("job");

    [Fact]
    public void Run_ShardByShard_GivesWhatOneRunGives()
    {
        var plan = Plan().Json;
        Assert.Equal((6, 3), (plan.GetProperty("rows").GetInt32(), plan.GetProperty("shards").GetInt32()));
        Assert.Equal(["0-2"], ToolRun.Of("embed", "status", "--plan", Job, "--array").Expect(ExitCode.Retry).Lines);

        Assert.Equal("done", Run("--shard", "1").Expect(0).Json.GetProperty("state").GetString());
        Assert.Equal(["0,2"], ToolRun.Of("embed", "status", "--plan", Job, "--array").Expect(ExitCode.Retry).Lines);
        Assert.Equal(["0 done", "2 done"], States(Run("--worker", "0/2").Expect(0)));
        Assert.Equal(["0 skipped", "1 skipped", "2 skipped"], States(Run().Expect(0)));
        // Not even an empty line, which a script would read as a shard without a number.
        Assert.Equal("", ToolRun.Of("embed", "status", "--plan", Job, "--array").Expect(0).Out);
        Assert.Equal("", ToolRun.Of("embed", "status", "--plan", Job, "--array", "--json").Expect(0).Json.GetProperty("array").GetString());

        string merged = _directory.Combine("merged");
        Assert.Equal(6, ToolRun.Of("embed", "merge", "--plan", Job, "--out", merged, "--json").Expect(0).Json.GetProperty("rows").GetInt32());
        ToolRun.Of("embed", "plan", ToolRun.Photographs, "--out", _directory.Combine("again"), "--rows", "2", "--model", "tiny").Expect(0);
        ToolRun.Of("embed", "run", "--plan", _directory.Combine("again"), "--model", "tiny").Expect(0);
        ToolRun.Of("embed", "merge", "--plan", _directory.Combine("again"), "--out", _directory.Combine("merged2")).Expect(0);
        Assert.Equal(File.ReadAllBytes(_directory.Combine("merged/img_emb/img_emb_0000.npy")), File.ReadAllBytes(_directory.Combine("merged2/img_emb/img_emb_0000.npy")));
    }

    [Fact]
    public void Plan_SaysWhatToRunNext_WithItsModel()
    {
        string job = _directory.Combine("my job");

        var plan = ToolRun.Of("embed", "plan", ToolRun.Photographs, "--out", job, "--rows", "2", "--model", "tiny").Expect(0);

        Assert.Contains(plan.Lines, l => l.StartsWith($"next\tmlclip embed run --plan '{Path.Combine(job, "plan.json")}' --model tiny, or", StringComparison.Ordinal));
    }

    [Fact]
    public void Status_OfADamagedShard_SaysThatItIsToBeDoneAnew()
    {
        Plan();
        Run("--shard", "1").Expect(0);
        File.WriteAllText(Path.Combine(Job, "done", "000001.json"), "{");

        var status = ToolRun.Of("embed", "status", "--plan", Job).Expect(ExitCode.Retry);

        Assert.Contains("submit again\t0,2", status.Lines);
        Assert.Contains("run with --redo\t1", status.Lines);
        Run("--shard", "0", "2").Expect(0);
        // A loop that submits what is left would not end.
        Assert.Equal("", ToolRun.Of("embed", "status", "--plan", Job, "--array").Expect(ExitCode.BadInput).Out);
        string refused = Run("--shard", "1").Expect(ExitCode.BadInput).Out;
        Assert.Contains("with --redo, which replaces it", refused, StringComparison.Ordinal);
        CommandWordsTests.RequireIn(refused);
        CommandWordsTests.RequireIn(string.Join('\n', status.Lines));
        Run("--shard", "1", "--redo").Expect(0);
        ToolRun.Of("embed", "status", "--plan", Job).Expect(0);
    }

    [Fact]
    public void Search_InAMerge_FindsWhatASearchInTheFolderFinds()
    {
        Plan();
        Run().Expect(0);
        string merged = _directory.Combine("merged");
        ToolRun.Of("embed", "merge", "--plan", Job, "--out", merged).Expect(0);

        string[] Search(params string[] where) => [.. ToolRun.Of(["search", "a photo of a koala.", "--model", "tiny", "--json", .. where]).Expect(0).JsonLines
            .Select(l => Path.GetFileName(l.GetProperty("path").GetString()!))];

        Assert.Equal("koala.jpg", Search("--index", merged)[0]);
        Assert.Equal(Search(ToolRun.Photographs), Search("--index", merged));
        // The one to begin with is not downloaded to find out that it is another one.
        var unnamed = ToolProcess.Run(new Dictionary<string, string?> { [ModelChoice.Variable] = null }, "search", "a dog", "--index", merged).Expect(ExitCode.BadInput);
        Assert.Contains("128 values", unnamed.Error, StringComparison.Ordinal);
        ToolRun.Of("search", "a dog", ToolRun.Photographs, "--index", merged, "--model", "tiny").Expect(ExitCode.BadInput);
        ToolRun.Of("search", "a dog", "--index", Job, "--model", "tiny").Expect(ExitCode.BadInput);
    }

    [Fact]
    public void Merge_AsParquet_HasOneKindOfFile()
    {
        Plan();
        Run().Expect(0);

        ToolRun.Of("embed", "merge", "--plan", Job, "--out", _directory.Combine("table"), "--layout", "parquet").Expect(0);

        Assert.Equal(["embeddings_0000.parquet"], Directory.GetFiles(_directory.Combine("table"), "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)));
    }

    [Fact]
    public void Run_Stdin_AnswersEachLineWithALineOfJson()
    {
        Plan();

        var run = ToolRun.WithInput("2\n\n 0 \n7\nx\n", "embed", "run", "--plan", Job, "--stdin", "--model", "tiny").Expect(ExitCode.BadInput);

        Assert.Equal(["2 done", "0 done", "7 failed", "-1 failed"], States(run));
        Assert.Contains("from 0 to 2", run.JsonLines[2].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_StdinOfAnEndlessLine_ShowsItsBeginning()
    {
        Plan();

        var run = ToolRun.WithInput($"{new string('9', 5_000_000)}\n1", "embed", "run", "--plan", Job, "--stdin").Expect(ExitCode.BadInput);

        Assert.Equal(["-1 failed", "1 done"], States(run));
        Assert.InRange(run.JsonLines[0].GetProperty("error").GetString()!.Length, 20, 200);
    }

    [Theory]
    [InlineData("rows", "rowsPerShard is 0")]
    [InlineData("times", "--ignore-times")]
    public void Run_OfAPlanThatDoesNotFit_SaysItInTheCommandsWords(string what, string expected)
    {
        _directory.Copy(ToolRun.Photograph("dog.jpg"), "pictures/dog.jpg");
        ToolRun.Of("embed", "plan", _directory.Combine("pictures"), "--out", Job, "--model", "tiny").Expect(0);
        string plan = Path.Combine(Job, "plan.json");
        if (what == "rows")
        {
            File.WriteAllText(plan, File.ReadAllText(plan).Replace("\"rowsPerShard\": 10000", "\"rowsPerShard\": 0", StringComparison.Ordinal));
        }
        else
        {
            File.SetLastWriteTimeUtc(_directory.Combine("pictures/dog.jpg"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        }

        var run = Run().Expect(ExitCode.BadInput);

        Assert.Contains(expected, run.Out + run.Error, StringComparison.Ordinal);
        CommandWordsTests.RequireIn(run.Out + run.Error);
    }

    [Theory]
    [InlineData("--worker", "5/4")]
    [InlineData("--worker", "4/4")]
    [InlineData("--worker", "-1/4")]
    [InlineData("--worker", "0/0")]
    [InlineData("--worker", "x")]
    [InlineData("--shard", "3")]
    [InlineData("--shard", "-1")]
    [InlineData("--max-failed", "200%")]
    [InlineData("--progress", "0")]
    [InlineData("--input", "nowhere")]
    [InlineData("--shard", "0", "--worker", "0/1")]
    public void Run_ABadChoice_EndsWith42(params string[] options)
    {
        Plan();

        var run = Run(options).Expect(ExitCode.BadInput);

        Assert.Equal("", run.Out);
        Assert.Contains("\"exitCode\":42", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AnotherModel_EndsWith42()
    {
        Plan();
        // The same graphs, and images that are prepared otherwise.
        string tiny = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip"), other = _directory.Combine("other");
        foreach (string file in Directory.GetFiles(tiny, "*", SearchOption.AllDirectories))
        {
            _directory.Copy(file, $"other/{Path.GetRelativePath(tiny, file)}");
        }
        string settings = Path.Combine(other, "preprocessor_config.json");
        File.WriteAllText(settings, File.ReadAllText(settings).Replace("0.48", "0.49", StringComparison.Ordinal));

        var run = ToolRun.Of("embed", "run", "--plan", Job, "--model", other).Expect(ExitCode.BadInput);

        Assert.Contains("another one than the plan's", run.Error, StringComparison.Ordinal);
        Assert.Contains("'tiny'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_MoreUnreadablePicturesThanTheBudget_FailsThatShardAlone()
    {
        string folder = Directory.CreateDirectory(_directory.Combine("pictures")).FullName;
        _directory.Write("pictures/a.png", "no picture");
        _directory.Copy(ToolRun.Photograph("dog.jpg"), "pictures/b.jpg");
        ToolRun.Of("embed", "plan", folder, "--out", Job, "--rows", "1", "--model", "tiny").Expect(0);

        Assert.Equal(["0 failed", "1 done"], States(Run().Expect(ExitCode.BadInput)));
        var status = ToolRun.Of("embed", "status", "--plan", Job, "--json").Expect(ExitCode.Retry).Json;
        Assert.Equal("0", status.GetProperty("array").GetString());
        Assert.Contains("a.png", status.GetProperty("failures")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(["0 done", "1 skipped"], States(Run("--max-failed", "100%").Expect(0)));
    }

    [Fact]
    public void Merge_OfAJobThatIsNotDone_NamesWhatIsMissing()
    {
        Plan();

        var run = ToolRun.Of("embed", "merge", "--plan", Job, "--out", _directory.Combine("merged")).Expect(ExitCode.Retry);

        Assert.Contains("0-2", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.Combine("merged")));
    }

    private static string[] States(ToolRun run) => [.. run.JsonLines.Select(l => $"{l.GetProperty("shard").GetInt32()} {l.GetProperty("state").GetString()}")];

    private ToolRun Plan() => ToolRun.Of("embed", "plan", ToolRun.Photographs, "--out", Job, "--rows", "2", "--model", "tiny", "--json").Expect(0);

    private ToolRun Run(params string[] options) => ToolRun.Of(["embed", "run", "--plan", Job, "--model", "tiny", "--json", .. options]);
}
