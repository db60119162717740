using static Microsoft.ML.Clip.ClipBenchmarkFindingKind;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The faults that went unseen in others' data sets, each made once.</summary>
public sealed class ClipBenchmarkCheckTests
{
    private static readonly ClipBenchmark Kitti = ClipBenchmarks.Find("kitti_closest_vehicle_distance")!, Caltech = ClipBenchmarks.Find("caltech101")!;

    [Fact]
    public void Check_AsPublished_FindsNothing()
    {
        foreach (var benchmark in ClipBenchmarks.All27.Where(b => b.ClassNames is not null))
        {
            var check = benchmark.Check(Summary(Names(benchmark), benchmark.TestCount));

            Assert.Empty(check.Findings);
            Assert.Equal((benchmark.Key, "test", true, benchmark.TestCount), (check.Key, check.Split, check.HasComparedNames, check.Summary.Rows));
            Assert.Equal("train", benchmark.Check(Summary(Names(benchmark), benchmark.TrainCount!.Value)).Split);
        }
    }

    // CLIP_benchmark issue 21.
    [Fact]
    public void Check_KittisSentencesInAnotherOrder_AreFound()
    {
        string[] names = Names(Kitti);

        var finding = Assert.Single(Kitti.Check(Summary([names[3], names[0], names[1], names[2]], 711)).Findings);

        Assert.Equal((NameOrder, (int?)null), (finding.Kind, finding.Class));
        Assert.Contains("4 of 4 names", finding.Message, StringComparison.Ordinal);
        Assert.Contains("'a photo i took with no car.' is class 0 and should be 3", finding.Message, StringComparison.Ordinal);
    }

    // unibench issue 20.
    [Fact]
    public void Check_CaltechsNamesOneOut_SaysByHowMuch()
    {
        string[] names = Names(Caltech);
        string[] shifted = ["background", "BACKGROUND_Google", .. names[1..^1]];

        var findings = Caltech.Check(Summary(shifted, 6085)).Findings;

        Assert.Equal([NameOrder, UnknownName, MissingName], findings.Select(f => f.Kind));
        Assert.Contains("100 of 102 names stand at other places, all of them 1 later than published, from class 2 on: 'off-center face' is class 2 and should be 1", findings[0].Message,
            StringComparison.Ordinal);
        Assert.Equal("Class 1 is 'BACKGROUND_Google', which is not published.", findings[1].Message);
        Assert.Equal((101, "The published class 101, 'yin and yang symbol', is missing."), (findings[2].Class, findings[2].Message));
    }

    // LOVM issue 3.
    [Fact]
    public void Check_AMissingName_IsNamed()
    {
        string[] names = Names(Caltech);

        var findings = Caltech.Check(Summary([.. names[..40], .. names[41..]], 6085)).Findings;

        Assert.Equal([ClassCount, NameOrder, MissingName], findings.Select(f => f.Kind));
        Assert.Equal("It has 101 classes; expected 102.", findings[0].Message);
        Assert.Contains("61 of 101 names stand at other places, all of them 1 earlier than published, from class 40 on", findings[1].Message, StringComparison.Ordinal);
        Assert.Contains($"class 40, '{names[40]}'", findings[2].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_AnotherName_IsShownWithBoth()
    {
        var benchmark = ClipBenchmarks.Find("fer2013")!;
        string[] names = Names(benchmark);
        (names[3], names[5]) = ("Smiling", "astonished");

        var finding = Assert.Single(benchmark.Check(Summary(names, 3574)).Findings);

        Assert.Equal((OtherName, 5), (finding.Kind, finding.Class));
        Assert.Equal("Class 5 is 'astonished', which is not published; expected 'surprised' or 'shocked' or 'spooked'.", finding.Message);
    }

    [Fact]
    public void Check_NamesOfFolders_AreSpeltOtherwise()
    {
        var benchmark = ClipBenchmarks.Find("pets")!;

        var finding = Assert.Single(benchmark.Check(Summary([.. Names(benchmark).Select(n => n.Replace(' ', '_'))], 3669)).Findings);

        Assert.Equal(NameSpelling, finding.Kind);
        Assert.Contains("'British_Shorthair' for 'British Shorthair'", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_AnotherSize_SaysWhatHasIt()
    {
        var benchmark = ClipBenchmarks.Find("gtsrb")!;

        var finding = Assert.Single(benchmark.Check(Summary(Names(benchmark), 39209)).Findings);

        Assert.Equal(Size, finding.Kind);
        Assert.Equal("It has 39,209 images; expected 26,640 (train) or 12,630 (test). So many has the final training archive; the paper's is GTSRB-Training_fixed.", finding.Message);
        Assert.Null(benchmark.Check(Summary(Names(benchmark), 39209)).Split);
        Assert.Equal("It has 500 images; expected 26,640 (train) or 12,630 (test).", Assert.Single(benchmark.Check(Summary(Names(benchmark), 500)).Findings).Message);
        Assert.Equal("train or test", ClipBenchmarks.Find("sun397")!.Check(Summary([.. Enumerable.Range(0, 397).Select(i => $"place {i}")], 19850)).Split);
    }

    [Fact]
    public void Check_EmptyClassesAndOneClass_AreNamed()
    {
        var summary = Summary(Names(Kitti), 711);
        var empty = summary.Classes.Skip(1).Select(c => c with { Count = 0, Example = null });
        var one = summary with { Classes = [summary.Classes[0] with { Count = 711 }, .. empty] };

        var findings = Kitti.Check(one).Findings;

        Assert.Equal([(EmptyClass, 1), (EmptyClass, 2), (EmptyClass, 3), (OneClass, null)], findings.Select(f => (f.Kind, f.Class)));
    }

    [Fact]
    public void Check_FilesThatBearAnotherClassesName_AreShown()
    {
        var benchmark = ClipBenchmarks.Find("vtab/cifar10")!;
        string[] names = Names(benchmark);
        var summary = Summary(names, 10_000);
        string[] examples = ["airplane/1.jpg", "x/automobile_0001.jpg", "cat/1.jpg", "bird0001.png", "deer", "0/dog.7.png", "test_batch[3]", "horse/dog.png", "9/3.png", "truck/ship.png"];

        var findings = benchmark.Check(summary with { Classes = [.. summary.Classes.Select((c, i) => c with { Example = examples[i] })] }).Findings;

        Assert.Equal([(NameOfFile, 2), (NameOfFile, 3)], findings.Select(f => (f.Kind, f.Class)));
        Assert.Equal("Class 2 is 'bird', but its first image is 'cat/1.jpg', which bears the name of class 3, 'cat'.", findings[0].Message);
    }

    /// <summary>From folders named by breed whose names were given in another order.</summary>
    [Fact]
    public void Check_RealPets_WithNamesInTheAlphabetsOrder_AreFound()
    {
        var benchmark = ClipBenchmarks.Find("pets")!;
        using var folder = SetFiles.Unpack("oxford-pets-370", isEmpty: true);

        string[] alphabet = [.. Names(benchmark).Order(StringComparer.OrdinalIgnoreCase)];

        var own = benchmark.Check(ClipDataSet.FromFolders(folder), TestContext.Current.CancellationToken);
        var given = benchmark.Check(ClipDataSet.FromFolders(folder, alphabet), TestContext.Current.CancellationToken);

        // Ten images a breed are no published size.
        Assert.Equal([NameSpelling, Size], own.Findings.Select(f => f.Kind));
        Assert.Contains(NameOrder, given.Findings.Select(f => f.Kind));
        // The first breed and the last three stand at the same places in both orders.
        Assert.Equal(33, given.Findings.Count(f => f.Kind == NameOfFile));
    }

    [Theory]
    [InlineData("mnist", "mnist", "test/")]
    [InlineData("vtab/cifar10", "../cifar10", "test/")]
    public void Check_RealTestSets_AreAsPublished(string key, string archive, string below)
    {
        using var folder = SetFiles.Unpack(archive, n => n.StartsWith(below, StringComparison.Ordinal), isEmpty: true);

        var check = ClipBenchmarks.Find(key)!.Check(ClipDataSet.FromFolders(folder.Combine(below)), TestContext.Current.CancellationToken);

        Assert.Empty(check.Findings);
        Assert.Equal("test", check.Split);
    }

    [Fact]
    public void Check_RealSigns_HaveTheirNamesAndAnotherSize()
    {
        using var folder = SetFiles.Unpack("gtsrb", n => n.StartsWith("test/", StringComparison.Ordinal) || n == "classnames.txt");
        var set = ClipDataSet.FromFolders(folder.Combine("test"), ClipDataSet.ReadClassNames(folder.Combine("classnames.txt")));

        Assert.Equal(Size, Assert.Single(ClipBenchmarks.Find("gtsrb")!.Check(set, TestContext.Current.CancellationToken).Findings).Kind);
    }

    [Fact]
    public void Check_WithoutPublishedNames_ComparesTheRest()
    {
        var check = ClipBenchmarks.Find("imagenet-a")!.Check(Summary(["a", "b"], 7500));

        Assert.Equal((false, "test"), (check.HasComparedNames, check.Split));
        Assert.Equal("It has 2 classes; expected 200.", Assert.Single(check.Findings).Message);
    }

    private static string[] Names(ClipBenchmark benchmark) => [.. benchmark.ClassNames!.Select(c => c[0])];

    private static ClipDataSetSummary Summary(string[] names, int rows) => new()
    {
        Name = "set",
        Rows = rows,
        Skipped = 0,
        Classes = [.. names.Select((n, i) => new ClipDataSetClass(n, i == 0 ? rows - names.Length + 1 : 1, $"{i}.png"))],
    };
}
