using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Every kind of plot in one report, for people to look at: <c>CLIP_PLOT_GALLERY=FOLDER</c>. Published and measured numbers, where there are; what is drawn
/// up for the picture says so.
/// </summary>
public sealed class GalleryTests
{
    // The difference between zero-shot CLIP and a probe on ResNet-50's features: Radford et al. 2021, figure 5, from memory but for those that the text
    // confirms.
    private const string Differences = "Stanford Cars 28.9, Country211 23.2, Food101 22.5, Kinetics700 14.5, SST2 12.4, SUN397 7.8, UCF101 7.7, Hateful Memes 6.7, CIFAR10 3.9, CIFAR100 3.0, STL10 3.0, FER2013 2.8, Caltech101 2.0, "
        + "ImageNet 1.9, Oxford Pets 1.1, PascalVOC2007 0.5, Birdsnap -3.2, MNIST -10.0, FGVC Aircraft -11.3, RESISC45 -11.9, Flowers102 -12.5, DTD -16.6, CLEVR Counts -18.2, GTSRB -18.4, PatchCamelyon -19.5, KITTI Distance -34.0, EuroSAT -37.1";

    [Fact]
    public void Gallery_OfEveryPlot_IsWritten()
    {
        string? folder = Environment.GetEnvironmentVariable("CLIP_PLOT_GALLERY");
        Assert.SkipUnless(folder is not null, "draws a gallery where CLIP_PLOT_GALLERY names a folder");

        Report().Save(folder!);

        Assert.True(File.Exists(Path.Combine(folder!, "report.html")));
    }

    internal static ClipReport Report() => new("Gallery of plots")
    {
        Sections =
        [
            new("Transfer") { Blocks = [new ClipReportParagraph("Figures 5, 7 and 8 of Radford et al. 2021."), Figure5(), Figure7(), Figure8()] },
            new("Robustness")
            {
                Blocks =
                [
                    new ClipReportNote("One set in the distribution flatters models that were trained on other data (Shi et al. 2023)."), Figure13(), Figure14(),
                ],
            },
            new("Representation and few shots") { Blocks = [Average(), Parameters(), Figure6(), Figure9()] },
            new("People, calibration, overlap") { Blocks = [Figure16(), Confusions(), Reliability(), Figure17()] },
            new("Tables and images") { Blocks = [Table13(), Figure21()] },
            new("Foreign names") { Blocks = Foreign() },
        ],
    };

    [Fact]
    public void Average_OfPublishedModels_HasEveryFamily()
    {
        var table = PublishedTables.Read("openclip_results.csv");
        string svg = Average().Svg;

        Assert.Equal(121, table.Count);
        Assert.All(["ViT", "ResNet", "ConvNeXt", "SigLIP", "EVA", "CLIPA", "others"], f => Assert.Contains($">{f}</text>", svg, StringComparison.Ordinal));
        // The best of all, from the file's first line, and where it stands.
        Assert.Contains("ViT, ViT-H-14-378-quickgelu dfn5b: 1054.05, 70.79%", svg, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_OfAll_IsOnePage()
    {
        string html = Report().ToHtml();

        Assert.DoesNotMatch("(?i)<script|<link|@import|url\\(|\\bsrc=\"(?!data:)", html);
        Assert.Equal(Report().ToHtml(), html);
    }

    private static ClipReportBlock[] Foreign()
    {
        string[] names = ["<script>alert('x')</script>", "\u202Eשלום העולם", "قط صغير", "日本語のとても長い名前のクラス", new string('W', 300), "a name of many words that goes on and on until there is no room left for it anywhere", "a_{sub} ^{sup}", "👩‍👩‍👧 family"];
        return
        [
            new ClipReportPlot("foreign-bars", ClipPlots.Bars(string.Join(' ', names), new(names[5]), [.. names.Select((n, i) => new ClipPlotBar(n, i - 3))]),
                string.Join(' ', names)),
            new ClipReportPlot("foreign-map",
            ClipPlots.HeatMap(names[2], names, names, [.. names.Select((_, r) => names.Select((_, c) => (double?)((r * c) - 10)).ToArray())],
            new() { RowTitle = names[1], ColumnTitle = names[4] }), names[4]),
            new ClipReportPlot("foreign-points",
            ClipPlots.Scatter(names[1], new(names[0]), new(names[4]), [.. names.Select((n, i) => new ClipPlotPoint(i % 3, i) { Label = n, Group = n })]),
            names[1]),
            new ClipReportTable("foreign", names[4]) { Columns = [new(names[0]), new(names[4], ClipReportFormat.Number), new(names[5])],
            Rows = [.. names.Select((n, i) => new ClipReportCell[] { n, i, n })] },
        ];
    }

    internal static ClipReportPlot Figure5() => new("zero-shot-against-probe", ClipPlots.Bars("Zero-shot CLIP against a linear probe on ResNet-50", new("Difference in score, points"),
        [.. Differences.Split(", ").Select(d => new ClipPlotBar(d[..d.LastIndexOf(' ')], double.Parse(d[d.LastIndexOf(' ')..], CultureInfo.InvariantCulture)))],
        new() { HasSigns = true }), "Zero-shot wins on 16 of 27 sets.");

    private static ClipReportPlot Figure7() => new("data-efficiency", ClipPlots.Bars("Labelled images a class that a probe needs to match zero-shot", new("Images a class"),
    [
        new("FER2013", 184), new("CIFAR10", 81), new("Food101", 64), new("Oxford Pets", 48), new("Country211", 32), new("ImageNet", 16), new("PCam", 14.7), new("SST2", 14.4), new("Kinetics700", 13.6), new("STL10", 12.7),
            new("CIFAR100", 12), new("HatefulMemes", 9.8),
        new("Stanford Cars", 6), new("MNIST", 4.8), new("SUN397", 3.9), new("Caltech101", 3.5), new("KITTI Distance", 2.9), new("UCF101", 2.6), new("Birdsnap", 2.7), new("DTD", 2.6), new("FGVC Aircraft", 2.0), new("GTSRB", 1.6),
        new("CLEVR Counts", 1.5), new("RESISC45", 1.5),
        new("EuroSAT", 0.9) { Text = "< 1" }, new("Flowers102", 0.9) { Text = "< 1" },
    ], new() { Marks = [new("mean", 20.8), new("median", 5.4)] }), "Mean 20.8, median 5.4, at most 184; the other bars are from memory.");

    private static ClipReportPlot Figure8()
    {
        var table = PublishedTables.Read("clip_benchmark.csv");
        var scores = Enumerable.Range(0, table.Count)
            .Where(i => table[i, "pretrained"] == "openai" && table.Number(i, "acc1") is not null).ToLookup(i => table[i, "dataset"]!,
            i => (Model: table[i, "model"], Score: table.Number(i, "acc1")!.Value));
        var points = scores.Select(s => (s.Key, X: s.Where(v => v.Model == "ViT-B-32").Select(v => v.Score), Y: s.Where(v => v.Model == "ViT-L-14").Select(v => v.Score)))
            .Where(p => p.X.Any() && p.Y.Any());
        return new("two-models", ClipPlots.Scatter("OpenAI's ViT-L/14 beside ViT-B/32", ClipPlotAxis.Percent("ViT-B/32, accuracy, %"), ClipPlotAxis.Percent("ViT-L/14, accuracy, %"),
            [.. points.Select(p => new ClipPlotPoint(p.X.First(), p.Y.First()) { Label = p.Key.Replace("vtab/", "", StringComparison.Ordinal) })],
            new() { HasEqualAxes = true, HasCorrelation = true, HasIdentityLine = true, Width = 680 }),
            "Published zero-shot accuracies of CLIP_benchmark.");
    }

    internal static ClipReportPlot Figure13()
    {
        var models = PublishedTables.Robustness();
        var line = ClipRobustnessLine.Fit([.. models
            .Where(m => m.Kind == "STANDARD" && !m.Model.Contains("aws", StringComparison.Ordinal) && !m.Model.Contains("batch64", StringComparison.Ordinal))
            .Select(m => (m.Base, m.Shifted))]);
        string[] chosen = ["vit_b_32_clip_zeroshot", "resnet50_clip_zeroshot", "resnet50", "alexnet", "efficientnet-l2-noisystudent", "FixResNeXt101_32x48d_v2", "vgg16", "resnet152", "efficientnet-b0", "densenet121", "squeezenet1_1"];
        return new("robustness", ClipPlots.LogitScatter("Natural distribution shift: seven sets", "Mean on ImageNet, over the shifts' classes, %", "Mean on the seven shifts, %",
            [.. models.Where(m => m.Base > 0.15).Select(m => new ClipPlotPoint(m.Base, m.Shifted)
            {
                Label = m.Model,
                IsLabelled = chosen.Contains(m.Model),
                Group = m.Kind switch { "CLIP" => "zero-shot CLIP", "STANDARD" => "standard", "MORE_DATA" => "more data", "ROBUST_INTV" => "made robust", _ => "others" },
                IsMuted = m.Kind is not ("CLIP" or "STANDARD" or "MORE_DATA" or "ROBUST_INTV"),
                YInterval = m.Kind == "CLIP" ? ClipInterval.ClopperPearson((long)(m.Shifted * 10000), 10000) : null,
            })], new() { Line = line, HasIdentityLine = true, Height = 520 }), "Models of the ImageNet testbed (Taori et al. 2020) that were measured on all seven.");
    }

    private static ClipReportPlot Figure14() => new("adaptation", ClipPlots.LogitScatter("Adapting to ImageNet", "ImageNet, %", "Shifted set, %",
    [
        new(0.762, 0.701) { Label = "V2, zero-shot", Group = "zero-shot" }, new(0.854, 0.759) { Label = "V2, adapted", Group = "adapted" }, new(0.762, 0.889) { Label = "R, zero-shot", Group = "zero-shot" },
            new(0.854, 0.842) { Label = "R, adapted", Group = "adapted" },
        new(0.762, 0.723) { Label = "ObjectNet, zero-shot", Group = "zero-shot" }, new(0.854, 0.685) { Label = "ObjectNet, adapted", Group = "adapted" }, new(0.762, 0.602) { Label = "Sketch, zero-shot", Group = "zero-shot" },
        new(0.854, 0.574) { Label = "Sketch, adapted", Group = "adapted" },
        new(0.762, 0.771) { Label = "A, zero-shot", Group = "zero-shot" }, new(0.854, 0.752) { Label = "A, adapted", Group = "adapted" },
    ], new()
    {
        Arrows = [new(0.762, 0.701, 0.854, 0.759), new(0.762, 0.889, 0.854, 0.842), new(0.762, 0.723, 0.854, 0.685), new(0.762, 0.602, 0.854, 0.574),
    new(0.762, 0.771, 0.854, 0.752)],
        HasIdentityLine = true
    }), "What a probe on ImageNet changes.");

    internal static ClipReportPlot Average(string x = "FLOPs (B)", string title = "GFLOPs an image and text")
    {
        var table = PublishedTables.Read("openclip_results.csv");
        var families = Enumerable.Range(0, table.Count).GroupBy(i => PublishedTables.Family(table[i, "name"]!)).OrderByDescending(f => f.Count());
        // Of a size the best: what a family reaches.
        var lines = families.Select(f =>
            new ClipPlotLine(f.Key, [.. f.GroupBy(i => table.Number(i, x)!.Value).OrderBy(g => g.Key).Select(g => g.MaxBy(i => table.Number(i, "Average perf. on 38 datasets")))
            .Select(i => new ClipPlotPoint(table.Number(i, x)!.Value, table.Number(i, "Average perf. on 38 datasets")!.Value) { Label = $"{table[i, "name"]} {table[i, "pretrained"]}",
                IsLabelled = table[i, "name"] is "ViT-H-14-378-quickgelu" or "RN50" })]));
        return new("average-" + title, ClipPlots.Lines("OpenCLIP's models: mean over 38 sets", new(title) { Scale = ClipPlotScale.Logarithmic }, ClipPlotAxis.Percent("Mean score, %"), [.. lines]), "Of each size the best model.");
    }

    private static ClipReportPlot Parameters() => Average("params (M)", "Parameters, millions");

    private static ClipReportPlot Figure6()
    {
        double[] shots = [1, 2, 4, 8, 16, 128, ClipPlotAxis.WholeSet];
        var random = new Random(2);
        ClipPlotLine Line(string name, double at1, double per, bool isMuted = false, bool hasBand = true) =>
            new(name, [.. shots.Select((s, i) => (s, at1 + (per * i) - (0.004 * i * i))).Select(p =>
            new ClipPlotPoint(p.s, p.Item2) { YInterval = isMuted ? null
                : new(p.Item2 - 0.02 - (0.01 * random.NextDouble()), p.Item2 + 0.02) })])
            { IsMuted = isMuted, HasBand = hasBand };
        return new("few-shot", ClipPlots.Lines("Few-shot probes beside zero-shot (drawn up)", new("Labelled images a class") { Scale = ClipPlotScale.Shots }, ClipPlotAxis.Percent("Mean score over 20 sets, %"),
        [
            new("zero-shot CLIP", [new(0, 0.65) { Label = "zero-shot CLIP" }]), Line("linear probe, CLIP", 0.46, 0.075), Line("BiT-M (ImageNet-21K)", 0.37, 0.075, hasBand: false), Line("SimCLRv2", 0.33, 0.07),
                Line("ResNet-50", 0.31, 0.065, isMuted: true), Line("other", 0.28, 0.07, isMuted: true),
        ]), "Mean and spread over seeds.");
    }

    private static ClipReportPlot Figure9()
    {
        var random = new Random(4);
        double[] flops = [6.1, 9.9, 21.5, 75.3, 265.9];
        ClipPlotLine[] single = [.. Enumerable.Range(0, 30)
            .Select(s => new ClipPlotLine("Set " + s,
            [.. flops.Select((f, i) => new ClipPlotPoint(f,
            Math.Clamp(0.1 + (0.02 * s) - (0.03 * i) + (0.05 * random.NextDouble()), 0.02, 1)))]) { IsMuted = true })];
        return new("scaling", ClipPlots.Lines("Error against compute (drawn up)", new("GFLOPs an image") { Scale = ClipPlotScale.Logarithmic }, new("Error, %") { Scale = ClipPlotScale.Logarithmic, IsPercent = true },
            [.. single, new("mean of 30 sets",
            [.. flops.Select((f, i) => new ClipPlotPoint(f,
                single.Average(l => l.Points[i].Y)) { Label = new[] { "RN50", "RN101", "RN50x4", "RN50x16", "RN50x64" }[i] })]) { DottedFrom = 4 }]), "Both axes by the logarithm.");
    }

    private static ClipReportPlot Figure16()
    {
        var (classes, answers) = Edges();
        string[] people = [.. answers.Select(a => a.Observer).Where(o => o.StartsWith("subject", StringComparison.Ordinal)).Distinct()];
        double Accuracy(string category, Func<string, bool> who) => answers
            .Where(a => a.Category == category && who(a.Observer)).Average(a => a.Answer == category ? 1.0 : 0);
        string[] order = [.. classes.OrderByDescending(c => Accuracy(c, o => people.Contains(o)))];
        ClipPlotLine Line(string name, Func<string, bool> who, bool isMuted = false) =>
            new(name, [.. order.Select((c, i) => new ClipPlotPoint(i, Accuracy(c, who)))]) { IsMuted = isMuted };
        return new("people-by-class", ClipPlots.Lines("Edges: people and networks, class by class", new("") { Scale = ClipPlotScale.Names, Names = order }, ClipPlotAxis.Percent("Accuracy, %"),
            [Line("people", o => people.Contains(o)), Line("AlexNet", o => o == "alexnet"), Line("VGG-16", o => o == "vgg"), .. people.Select(p => Line(p, o => o == p, isMuted: true))]),
            "Raw data of Geirhos et al. 2019.");
    }

    private static ClipReportPlot Confusions()
    {
        var (classes, answers) = Edges();
        string[] given = [.. answers.Select(a => a.Answer).Where(a => a != "na").Distinct().Order(StringComparer.Ordinal)];
        double?[] Counts(string shown) => [.. given.Select(g => (double?)answers
            .Count(a => a.Category == shown && a.Answer == g && a.Observer.StartsWith("subject", StringComparison.Ordinal)))];
        return new("confusions", ClipPlots.HeatMap("What people answered to edges", classes, given, [.. classes.Select(Counts)], new() { RowTitle = "shown", ColumnTitle = "answered" }), "Counts of answers.");
    }

    private static ClipReportPlot Reliability()
    {
        var random = new Random(5);
        var meter = new ClipClassificationMeter(["a", "b", "c", "d"]);
        for (int i = 0; i < 4000; i++)
        {
            float top = 0.25f + (0.75f * MathF.Sqrt((float)random.NextDouble())), rest = (1 - top) / 3;
            meter.Add(random.NextDouble() < 0.15 + (0.7 * top) ? 0 : 1, [top, rest, rest, rest]);
        }
        return new("reliability", ClipPlots.Reliability("Calibration (drawn up)", meter.ToResult().Calibration), "A model that is too sure.");
    }

    private static ClipReportPlot Figure17()
    {
        var random = new Random(6);
        var points = Enumerable.Range(0, 26)
            .Select(i => (Share: Math.Pow(10, -3.5 + (2.9 * i / 25)), Difference: (random.NextDouble() - 0.4) * 0.1,
            Half: 0.01 + (0.2 * random.NextDouble()))).Select((p, i) =>
            new ClipPlotPoint(p.Share, p.Difference)
            {
                Label = i % 3 == 0 ? "Set " + i : null,
                YInterval = new(p.Difference - p.Half, p.Difference + p.Half),
                Group = p.Difference - p.Half > 0 ? "significant" : "not significant"
            });
        return new("overlap", ClipPlots.Overlap("Rows that the model may have seen (drawn up)", "Overlap less clean, points", [.. points]), "99.5% intervals.");
    }

    private static ClipReportTable Table13() => new("retrieval", "Zero-shot retrieval (Radford et al. 2021, table 13), recall with its interval over the number of queries.")
    {
        Columns = [new("Set"), new("Way"), new("Queries", ClipReportFormat.Count), new("R@1", ClipReportFormat.Percent), new("R@5", ClipReportFormat.Percent),
            new("R@10", ClipReportFormat.Percent)],
        Rows =
        [
            ["Flickr30k", "image to text", 1000, ClipReportCell.Rate(880, 1000), ClipReportCell.Rate(987, 1000), ClipReportCell.Rate(994, 1000)],
            ["Flickr30k", "text to image", 5000, ClipReportCell.Rate(3435, 5000), ClipReportCell.Rate(4530, 5000), ClipReportCell.Rate(4760, 5000)],
            ["COCO", "image to text", 5000, ClipReportCell.Rate(2920, 5000), ClipReportCell.Rate(4075, 5000), ClipReportCell.Rate(4405, 5000)],
            ["COCO", "text to image", 25010, ClipReportCell.Rate(9454, 25010), ClipReportCell.Rate(15606, 25010), ClipReportCell.Rate(18057, 25010)],
        ],
    };

    private static ClipReportImages Figure21()
    {
        var random = new Random(7);
        var images = new List<ClipPlotImage>();
        using var file = File.OpenRead(SharedFolder.Require("data/eval/oxford-pets-370.tar.gz"));
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        string[] breeds = ["Abyssinian", "Bengal", "Birman", "Bombay", "British Shorthair", "Egyptian Mau"];
        for (int i = 0; images.Count < 9 && tar.GetNextEntry() is { } entry; i++)
        {
            if (entry.Name.EndsWith(".jpg", StringComparison.Ordinal) && i % 9 == 0)
            {
                var bytes = new MemoryStream();
                entry.DataStream!.CopyTo(bytes);
                string truth = entry.Name.Split('/')[^2].Replace('_', ' ');
                double top = 0.4 + (0.5 * random.NextDouble()), rest = 1 - top;
                string[] names = [.. new[] { truth }.Concat(breeds.Where(b => b != truth))];
                images.Add(new ClipPlotImage(entry.Name, bytes.ToArray(), truth,
                    [.. names.Take(5).Select((n, r) => new ClipPlotGuess(n, r == 0 ? top : rest * Math.Pow(0.5, r)))]).Shrink());
            }
        }
        return new(images, "Images of Oxford-IIIT Pets; the probabilities are drawn up.");
    }

    private static (string[] Classes, (string Observer, string Category, string Answer)[] Answers) Edges()
    {
        var answers = new List<(string Observer, string Category, string Answer)>();
        using var file = File.OpenRead(SharedFolder.Require("data/eval/geirhos-edges.tar.gz"));
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.Name.EndsWith(".csv", StringComparison.Ordinal))
            {
                var table = CsvTable.Parse(new StreamReader(entry.DataStream!).ReadToEnd(), entry.Name);
                answers.AddRange(Enumerable.Range(0, table.Count).Select(i => (table[i, "subj"]!, table[i, "category"]!, table[i, "object_response"]!)));
            }
        }
        return ([.. answers.Select(a => a.Category).Distinct().Order(StringComparer.Ordinal)], [.. answers]);
    }
}
