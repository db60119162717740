using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Kinds of sets are seen by their files, and a set is cut in two class by class.</summary>
public sealed class TaskFinderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("clip-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void FromPath_Folders_WithAndWithoutASplit()
    {
        Image("plain/a/1.png", "plain/b/1.png", "plain/b/2.png", "cut/train/a/1.png", "cut/train/b/1.png", "cut/val/a/1.png", "cut/val/b/1.png");
        File.WriteAllText(At("cut/classnames.txt"), "first\nsecond\n");

        var plain = Assert.IsType<ClipClassificationTask>(ClipEvaluationTask.FromPath(At("plain")));
        var halves = Assert.IsType<ClipClassificationTask>(ClipEvaluationTask.FromPath(At("plain"), "pets", new() { SplitsInHalves = true }));
        var cut = Assert.IsType<ClipClassificationTask>(ClipEvaluationTask.FromPath(At("cut"), settings: new() { Benchmark = ClipBenchmarks.Find("mnist") }));

        Assert.Equal(("plain", 3L, (ClipDataSet?)null, (ClipBenchmark?)null), (plain.Name, plain.Test.Count, plain.Train, plain.Benchmark));
        Assert.Equal(("pets", 1L, 2L, "vtab/pets"), (halves.Name, halves.Test.Count, halves.Train!.Count, halves.Benchmark!.Key));
        Assert.Equal(["first", "second"], cut.Test.ClassNames);
        Assert.Equal((2L, 2L, "mnist"), (cut.Test.Count, cut.Train!.Count, cut.Benchmark!.Key));
    }

    [Theory]
    [InlineData("Train", "Test")]
    [InlineData("training", "testing")]
    [InlineData("train", "valid")]
    public void FromPath_SplitsByOtherNames_AreNoClasses(string train, string test)
    {
        Image($"cut/{train}/a/1.png", $"cut/{train}/b/1.png", $"cut/{test}/a/1.png", $"cut/{test}/b/1.png", $"cut/{test}/b/2.png");

        var task = Assert.IsType<ClipClassificationTask>(ClipEvaluationTask.FromPath(At("cut")));

        Assert.Equal(["a", "b"], task.Test.ClassNames);
        Assert.Equal((3L, 2L), (task.Test.Count, task.Train!.Count));
    }

    [Fact]
    public void FromPath_SplitsWithoutOneToTestOn_AreAnError_AndClassesOfSuchNamesAreNone()
    {
        Image("cut/train/a/1.png", "cut/train/b/1.png", "cut/extra/a/1.png", "cut/extra/b/1.png");
        Directory.CreateDirectory(At("vehicles/__MACOSX"));
        Image("vehicles/train/1.png", "vehicles/tram/1.png", "three/test/all/1.png", "three/val/a/1.png", "three/val/b/1.png", "three/train/a/1.png", "three/train/b/1.png");

        Assert.Contains("splits extra, train", Assert.Throws<InvalidDataException>(() => ClipEvaluationTask.FromPath(At("cut"))).Message, StringComparison.Ordinal);
        Assert.Equal(["train", "tram"], Assert.IsType<ClipClassificationTask>(ClipEvaluationTask.FromPath(At("vehicles"))).Test.ClassNames);
        Assert.Equal(["a", "b"], Assert.IsType<ClipClassificationTask>(ClipEvaluationTask.FromPath(At("three"))).Test.ClassNames);
    }

    [Fact]
    public void FromPath_Idx_Webdataset_Flickr_Coco()
    {
        Directory.CreateDirectory(At("digits"));
        File.WriteAllBytes(At("digits/t10k-images-idx3-ubyte"), SetFiles.IdxImages([new byte[4], new byte[4]], 2, 2));
        File.WriteAllBytes(At("digits/t10k-labels-idx1-ubyte"), SetFiles.IdxLabels([0, 9]));
        Directory.CreateDirectory(At("wds/test"));
        File.WriteAllText(At("wds/classnames.txt"), "a\nb\n");
        File.WriteAllText(At("wds/zeroshot_classification_templates.txt"), "a photo of {c}.\n");
        Image("one.png");
        byte[] png = File.ReadAllBytes(At("one.png"));
        File.WriteAllBytes(At("wds/test/0.tar"), SetFiles.Tar(("x.png", png), ("x.cls", "1"u8.ToArray())));
        Image("flickr/images/1.png", "coco/val2017/1.png");
        File.WriteAllText(At("flickr/captions.txt"), "image,caption\n1.png,a thing\n1.png,another\n");
        Directory.CreateDirectory(At("coco/annotations"));
        File.WriteAllText(At("coco/annotations/captions_val2017.json"),
            """{"images":[{"id":1,"file_name":"1.png"}],"annotations":[{"id":1,"image_id":1,"caption":"a thing"}]}""");

        Assert.Equal(2L, Assert.IsType<ClipClassificationTask>(ClipEvaluationTask.FromPath(At("digits"))).Test.Count);
        var wds = Assert.IsType<ClipClassificationTask>(ClipEvaluationTask.FromPath(At("wds")));
        Assert.Equal(["a photo of {}."], wds.Test.Templates);
        Assert.Equal(2, Assert.IsType<ClipRetrievalTask>(ClipEvaluationTask.FromPath(At("flickr"))).Test.Captions.Count);
        Assert.Single(Assert.IsType<ClipRetrievalTask>(ClipEvaluationTask.FromPath(At("coco"))).Test.Captions);
        Assert.Single(Assert.IsType<ClipRetrievalTask>(ClipEvaluationTask.FromPath(At("coco/annotations/captions_val2017.json"))).Test.Captions);
    }

    [Fact]
    public void FromPath_NothingThere_IsAnErrorThatNamesIt()
    {
        Assert.Contains("missing", Assert.Throws<DirectoryNotFoundException>(() => ClipEvaluationTask.FromPath(At("missing"))).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(At("empty"));
        Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => ClipEvaluationTask.FromPath(At("empty"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Split_CutsEachClass_KeepsTheOrder_AndLosesNothing()
    {
        var rows = Enumerable.Range(0, 100).Select(i => new ClipDataSetRow($"row {i}", $"{i}.png", i % 10 == 0 ? 0 : i == 55 ? 2 : 1)).ToArray();
        var set = new ClipDataSet("set", ["few", "many", "one"], imagesAreFiles: true, () => rows);

        var (train, test) = set.Split(0.3, seed: 5);
        ClipDataSetRow[] ofTrain = [.. train.Read()], ofTest = [.. test.Read()];

        Assert.Equal(rows.Select(r => r.Name).Order(), ofTrain.Concat(ofTest).Select(r => r.Name).Order());
        Assert.Equal([3, 27, 0], Enumerable.Range(0, 3).Select(k => ofTest.Count(r => r.Label == k)));
        Assert.Equal(rows.Where(ofTest.Contains), ofTest);
        Assert.Equal((ofTrain.Length, ofTest.Length), ((int)train.Count!, (int)test.Count!));
        Assert.Equal(ofTest, set.Split(0.3, seed: 5).Test.Read());
        Assert.NotEqual(ofTest, set.Split(0.3, seed: 6).Test.Read());
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Split(1));
    }

    private string At(string path) => Path.Combine(_folder.FullName, path);

    private void Image(params string[] names)
    {
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
            using var image = MLImage.CreateFromPixels(2, 2, MLPixelFormat.Bgra32, [.. Enumerable.Repeat(byte.MaxValue, 16)]);
            image.Save(At(name));
        }
    }
}
