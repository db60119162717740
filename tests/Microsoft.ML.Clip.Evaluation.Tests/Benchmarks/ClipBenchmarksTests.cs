using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipBenchmarksTests
{
    /// <summary>
    /// What table 9 of the paper and <c>data/prompts.md</c> have: classes, train, test, templates, and, of the names, their number and the first and last.
    /// </summary>
    [Theory]
    [InlineData("food101", ClipBenchmarkMetric.Accuracy, 101, 75750, 25250, 1, "apple pie", "waffles")]
    [InlineData("vtab/cifar10", ClipBenchmarkMetric.Accuracy, 10, 50000, 10000, 18, "airplane", "truck")]
    [InlineData("vtab/cifar100", ClipBenchmarkMetric.Accuracy, 100, 50000, 10000, 18, "apple", "worm")]
    [InlineData("birdsnap", ClipBenchmarkMetric.Accuracy, 500, 42283, 2149, 1, null, null)]
    [InlineData("sun397", ClipBenchmarkMetric.Accuracy, 397, 19850, 19850, 2, null, null)]
    [InlineData("cars", ClipBenchmarkMetric.Accuracy, 196, 8144, 8041, 8, "AM General Hummer SUV 2000", "smart fortwo Convertible 2012")]
    [InlineData("fgvc_aircraft", ClipBenchmarkMetric.MeanPerClass, 100, 6667, 3333, 2, "707-320", "Yak-42")]
    [InlineData("voc2007", ClipBenchmarkMetric.MeanAveragePrecision11Point, 20, 5011, 4952, 1, "aeroplane", "tvmonitor")]
    [InlineData("vtab/dtd", ClipBenchmarkMetric.Accuracy, 47, 3760, 1880, 8, "banded", "zigzagged")]
    [InlineData("vtab/pets", ClipBenchmarkMetric.MeanPerClass, 37, 3680, 3669, 1, "Abyssinian", "yorkshire terrier")]
    [InlineData("vtab/caltech101", ClipBenchmarkMetric.MeanPerClass, 102, 3060, 6085, 34, "background", "yin and yang symbol")]
    [InlineData("vtab/flowers", ClipBenchmarkMetric.MeanPerClass, 102, 2040, 6149, 1, "pink primrose", "blackberry lily")]
    [InlineData("mnist", ClipBenchmarkMetric.Accuracy, 10, 60000, 10000, 1, "0", "9")]
    [InlineData("fer2013", ClipBenchmarkMetric.Accuracy, 7, 32140, 3574, 6, "angry", "neutral")]
    [InlineData("stl10", ClipBenchmarkMetric.Accuracy, 10, 1000, 8000, 2, "airplane", "truck")]
    [InlineData("vtab/eurosat", ClipBenchmarkMetric.Accuracy, 10, 10000, 5000, 3, "forest", "highway or road")]
    [InlineData("vtab/resisc45", ClipBenchmarkMetric.Accuracy, 45, 3150, 25200, 18, "airplane", "wetland")]
    [InlineData("gtsrb", ClipBenchmarkMetric.Accuracy, 43, 26640, 12630, 3, "red and white circle 20 kph speed limit", "white circle with gray strike bar indicating no passing for trucks has ended")]
    [InlineData("vtab/kitti_closest_vehicle_distance", ClipBenchmarkMetric.Accuracy, 4, 6770, 711, 1, "a photo i took of a car on my left or right side.", "a photo i took with no car.")]
    [InlineData("country211", ClipBenchmarkMetric.Accuracy, 211, 43200, 21100, 5, "Andorra", "Zimbabwe")]
    [InlineData("vtab/pcam", ClipBenchmarkMetric.Accuracy, 2, 294912, 32768, 1, "lymph node", "lymph node containing metastatic tumor tissue")]
    [InlineData("ucf101", ClipBenchmarkMetric.Accuracy, 101, 9537, 1794, 48, "Apply Eye Makeup", "Yo Yo")]
    [InlineData("kinetics700", ClipBenchmarkMetric.MeanOfTop1AndTop5, 700, 494801, 31669, 28, null, null)]
    [InlineData("vtab/clevr_count_all", ClipBenchmarkMetric.Accuracy, 8, 2000, 500, 1, "10", "9")]
    [InlineData("hateful_memes", ClipBenchmarkMetric.RocAuc, 2, 8500, 500, 1, "meme", "hatespeech meme")]
    [InlineData("renderedsst2", ClipBenchmarkMetric.Accuracy, 2, 7792, 1821, 1, "negative", "positive")]
    [InlineData("imagenet1k", ClipBenchmarkMetric.Accuracy, 1000, 1281167, 50000, 80, null, null)]
    public void All27_AreAsPublished(string key, ClipBenchmarkMetric metric, int classes, int train, int test, int templates, string? first, string? last)
    {
        var set = Assert.Single(ClipBenchmarks.All27, b => b.Key == key);

        Assert.Equal((metric, classes, train, test, templates), (set.Metric, set.ClassCount, set.TrainCount, set.TestCount, set.Templates.Count));
        Assert.All(set.Templates, t => Assert.Contains("{}", t, StringComparison.Ordinal));
        Assert.Distinct(set.Templates);
        Assert.Equal(first is null ? null : classes, set.ClassNames?.Count);
        Assert.Equal((first, last), (set.ClassNames?[0][0], set.ClassNames?[^1][0]));
        Assert.Distinct((set.ClassNames ?? []).SelectMany(c => c));
        Assert.All((set.ClassNames ?? []).SelectMany(c => c), n => Assert.True(n.Trim() == n && n.Length > 0));
    }

    [Fact]
    public void Fer2013_HasSeveralNamesForAClass() =>
        Assert.Equal([["angry"], ["disgusted"], ["fearful"], ["happy", "smiling"], ["sad", "depressed"], ["surprised", "shocked", "spooked"], ["neutral", "bored"]],
            ClipBenchmarks.Find("fer2013")!.ClassNames!);

    [Fact]
    public void Lists_HaveTheirSets()
    {
        Assert.Equal(27, ClipBenchmarks.All27.Length);
        Assert.Equal(["food101", "vtab/cifar10", "vtab/cifar100", "birdsnap", "sun397", "cars", "fgvc_aircraft", "voc2007", "vtab/dtd", "vtab/pets", "vtab/caltech101", "vtab/flowers"],
            ClipBenchmarks.Kornblith12.Select(b => b.Key));
        Assert.Equal([("imagenetv2", 1000), ("imagenet_sketch", 1000), ("imagenet-a", 200), ("imagenet-r", 200), ("objectnet", 113), ("imagenet-vid-robust", 30), ("ytbb-robust", 24)],
            ClipBenchmarks.Shifts7.Select(b => (b.Key, b.ClassCount)));
        Assert.Distinct(ClipBenchmarks.All27.Concat(ClipBenchmarks.Shifts7).Select(b => b.Key));
    }

    [Fact]
    public void Find_TakesCLIPBenchmarksKeys()
    {
        Assert.Equal("Oxford-IIIT Pets", ClipBenchmarks.Find("wds/vtab/pets")?.Name);
        Assert.Equal("Oxford-IIIT Pets", ClipBenchmarks.Find("Pets")?.Name);
        Assert.Equal("ImageNet-A", ClipBenchmarks.Find("imagenet-a")?.Name);
        Assert.Null(ClipBenchmarks.Find("svhn"));
        Assert.Throws<ArgumentNullException>(() => ClipBenchmarks.Find(null!));
    }

    /// <summary>CLIP_benchmark's accuracies are whole multiples of one of the sizes that the registry knows: of the paper's, most times.</summary>
    [Fact]
    public void Sizes_FitCLIPBenchmarksTable()
    {
        const double LastDigit = 1e-9;
        using var folder = SetFiles.Unpack("published");
        string[][] table = [.. File.ReadLines(folder.Combine("clip_benchmark.csv")).Select(l => l.Split(','))];
        int accuracy = Array.IndexOf(table[0], "acc1"), key = Array.IndexOf(table[0], "dataset");
        var bySet = table.Skip(1).Where(r => r[accuracy].Length > 0).ToLookup(r => r[key], r => double.Parse(r[accuracy], CultureInfo.InvariantCulture));
        var others = new List<string>();

        foreach (var set in ClipBenchmarks.All27.Concat(ClipBenchmarks.Shifts7).Where(b => bySet.Contains(b.Key)))
        {
            int size = set.OtherSizes.Select(s => s.Count).Prepend(set.TestCount)
                .FirstOrDefault(n => bySet[set.Key].All(v => Math.Abs((v * n) - Math.Round(v * n)) < LastDigit * n));
            Assert.True(size > 0, set.Key);
            if (size != set.TestCount)
            {
                others.Add($"{set.Key} {size}");
            }
        }

        Assert.Equal(["sun397 108754", "voc2007 14976", "vtab/caltech101 6084", "fer2013 7178", "vtab/eurosat 5400", "vtab/clevr_count_all 15000", "objectnet 18574"], others);
    }

    /// <summary>The columns are there, and accuracies are whole multiples of the sizes, to the last digit printed.</summary>
    [Fact]
    public void Shifts7_FitThePublishedTable()
    {
        const double LastDigit = 5.1e-5;
        using var folder = SetFiles.Unpack("published");
        string[][] table = [.. File.ReadLines(folder.Combine("imagenet-testbed-top1.csv")).Select(l => l.Split(','))];

        foreach (var set in ClipBenchmarks.Shifts7)
        {
            Assert.Contains(set.Shift!.BaseColumn, table[0]);
            foreach (int column in set.Shift.Columns.Select(c => Array.IndexOf(table[0], c)))
            {
                double[] values = [.. table.Skip(1).Where(r => r[column].Length > 0).Select(r => double.Parse(r[column], CultureInfo.InvariantCulture))];
                Assert.True(values.Length > 300);
                // One of Sketch's was rounded to a tenth.
                Assert.InRange(values.Count(v => Math.Abs((Math.Round(v / 100 * set.TestCount) / set.TestCount * 100) - v) > LastDigit), 0, 1);
            }
        }
    }
}
