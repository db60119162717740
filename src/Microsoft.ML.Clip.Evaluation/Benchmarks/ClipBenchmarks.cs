using System.Collections.Immutable;
using static Microsoft.ML.Clip.ClipBenchmarkMetric;

namespace Microsoft.ML.Clip;

/// <summary>The data sets that Radford et al. 2021 measure CLIP on.</summary>
public static class ClipBenchmarks
{
    private const string FolderOrder = "The names stand in the ordinal order of folders that are named by them", Others = "CLIP_benchmark's test split";

    /// <summary>
    /// The 27 sets of table 9. The first twelve are those of Kornblith et al. 2019. Averages over them are plain means of each set's own metric.
    /// </summary>
    public static ImmutableArray<ClipBenchmark> All27 { get; } =
    [
        Set("Food-101", "food101", Accuracy, 101, 75_750, 25_250),
        Set("CIFAR-10", "vtab/cifar10", Accuracy, 10, 50_000, 10_000, templates: ClipPrompts.Cifar18),
        Set("CIFAR-100", "vtab/cifar100", Accuracy, 100, 50_000, 10_000, templates: ClipPrompts.Cifar18),
        Set("Birdsnap", "birdsnap", Accuracy, 500, 42_283, 2_149, ["The images lie at addresses of which many are gone: other copies have other sizes."]),
        Set("SUN397", "sun397", Accuracy, 397, 19_850, 19_850, ["The first of its ten published splits. CLIP_benchmark tests on the whole set, of 108,754 images."], [(108_754, "the whole set, CLIP_benchmark's test split")]),
        Set("Stanford Cars", "cars", Accuracy, 196, 8_144, 8_041),
        Set("FGVC Aircraft", "fgvc_aircraft", MeanPerClass, 100, 6_667, 3_333, ["Classes are variants, not families or manufacturers. Training includes the validation split."]),
        Set("PASCAL VOC 2007", "voc2007", MeanAveragePrecision11Point, 20, 5_011, 4_952,
            ["An image may be of several classes; those marked as difficult for a class are left out for it.",
             "The names do not follow the alphabet, as the set's lists do: 'diningtable' and 'pottedplant' come after 'sofa'.",
             "CLIP_benchmark's 'voc2007' cuts out objects, of one class each; its 'voc2007_multilabel' takes ordinary average precision, not that of eleven points."],
            [(14_976, "CLIP_benchmark's 'voc2007', objects cut out")]),
        Set("DTD", "vtab/dtd", Accuracy, 47, 3_760, 1_880, ["The first of its ten published splits; training includes that for validation."]),
        Set("Oxford-IIIT Pets", "vtab/pets", MeanPerClass, 37, 3_680, 3_669,
            [FolderOrder + ", capitals first: the cats, then the dogs. The set's own numbers, and CLIP_benchmark's, follow the alphabet regardless of case."]),
        Set("Caltech-101", "vtab/caltech101", MeanPerClass, 102, 3_060, 6_085,
            ["30 images of each class to train, the rest to test; which, is not published.",
             "'background' comes first. Lists that lack it, or have it elsewhere, are one out from there on."], [(6_084, Others)]),
        Set("Oxford Flowers 102", "vtab/flowers", MeanPerClass, 102, 2_040, 6_149, ["Training includes the validation split: 20 images of each class."]),
        Set("MNIST", "mnist", Accuracy, 10, 60_000, 10_000),
        Set("FER2013", "fer2013", Accuracy, 7, 32_140, 3_574,
            ["Table 9 says 8 classes; labels and names are of 7. Classes have several names.", "Folders named by classes stand in another order."],
            [(28_709, "the original training split"), (3_589, "each of the original's two test splits"), (7_178, "the original's two test splits together, " + Others)]),
        Set("STL-10", "stl10", Accuracy, 10, 1_000, 8_000, ["Training takes one of the ten published folds of 1,000; the split has 5,000 images."], [(5_000, "the whole training split")]),
        Set("EuroSAT", "vtab/eurosat", Accuracy, 10, 10_000, 5_000, ["A split of the paper's own. CLIP_benchmark has the names in the order of the folders, which is another."],
            [(5_400, Others), (27_000, "the whole set")]),
        Set("RESISC45", "vtab/resisc45", Accuracy, 45, 3_150, 25_200, otherSizes: [(31_500, "the whole set"), (6_300, Others)]),
        Set("GTSRB", "gtsrb", Accuracy, 43, 26_640, 12_630,
            ["26,640 is the archive GTSRB-Training_fixed, as torchvision reads it; the final training archive has 39,209 images, and results on the two are mixed."],
            [(39_209, "the final training archive; the paper's is GTSRB-Training_fixed")]),
        Set("KITTI Distance", "vtab/kitti_closest_vehicle_distance", Accuracy, 4, 6_770, 711,
            ["Classes are whole sentences. In VTAB, label 0 is a vehicle nearer than 8 m, 1 nearer than 20 m, 2 farther away, and 3 is none; CLIP_benchmark had the sentences in another order once."]),
        Set("Country211", "country211", Accuracy, 211, 43_200, 21_100, ["Training takes the training and the validation split, 150 and 50 images of each class: 42,200. Table 9 has 43,200, which is no multiple of 211."],
            [(31_650, "the training split alone"), (42_200, "the training and the validation split; table 9 seems to be misprinted")]),
        Set("PatchCamelyon", "vtab/pcam", Accuracy, 2, 294_912, 32_768, ["Training includes the validation split, which has as many images as that for testing."], [(262_144, "the training split alone")]),
        Set("UCF101", "ucf101", Accuracy, 101, 9_537, 1_794, ["The middle frame of each video; the first of its three published splits. 1,794 is what the table says; the published test list has 3,783 videos."],
            [(3_783, "the published test list")]),
        Set("Kinetics700", "kinetics700", MeanOfTop1AndTop5, 700, 494_801, 31_669, ["The middle frame of each video; videos disappear, so that other copies have other sizes."]),
        Set("CLEVR Counts", "vtab/clevr_count_all", Accuracy, 8, 2_000, 500,
            [FolderOrder + ": '10' first. VTAB's labels count from three objects up to ten, and CLIP_benchmark writes the numbers out.", "A draw of 2,500 of CLEVR's images."],
            [(70_000, "CLEVR's training split"), (15_000, "CLEVR's validation split, VTAB's and " + Others)]),
        Set("Hateful Memes", "hateful_memes", RocAuc, 2, 8_500, 500, ["The labels of the test split are not public; 500 is the 'dev' split."]),
        Set("Rendered SST2", "renderedsst2", Accuracy, 2, 7_792, 1_821, ["Training includes the validation split."], [(6_920, "the training split alone")]),
        Set("ImageNet", "imagenet1k", Accuracy, 1_000, 1_281_167, 50_000, ["The validation split is tested on. Its published names have 'missile' and 'sunglasses' twice."], templates: ClipPrompts.ImageNet80),
    ];

    /// <summary>The twelve sets of Kornblith et al. 2019, which most others measure linear probes on.</summary>
    public static ImmutableArray<ClipBenchmark> Kornblith12 { get; } = All27[..12];

    /// <summary>
    /// The seven sets of natural distribution shift of section 3.3, with the classes of ImageNet that each has. Their sizes are those that published accuracies
    /// are whole multiples of.
    /// </summary>
    public static ImmutableArray<ClipBenchmark> Shifts7 { get; } =
    [
        Shift("ImageNet-V2", "imagenetv2", 1_000, 10_000, ClipShiftClasses.All, "val", ["imagenetv2-matched-frequency-format-val"],
            ["Of its three variants, 'matched frequency'. Folders are named 0 to 999: by number they are the classes, in the order of texts, 0, 1, 10, 100, they are not."]),
        Shift("ImageNet Sketch", "imagenet_sketch", 1_000, 50_889, ClipShiftClasses.All, "val", ["imagenet-sketch"]),
        Shift("ImageNet-A", "imagenet-a", 200, 7_500, ClipShiftClasses.Subset, "val-on-imagenet-a-classes", ["imagenet-a"],
            ["Images that ResNet-50 gets wrong: its accuracy is 0 by construction, and the line of standard models is two, below and above it, without it."], bendsAt: 0.9186),
        Shift("ImageNet-R", "imagenet-r", 200, 30_000, ClipShiftClasses.Subset, "val-on-imagenet-r-classes", ["imagenet-r"], ["Its 200 classes are others than those of ImageNet-A."]),
        Shift("ObjectNet", "objectnet", 113, 18_514, ClipShiftClasses.Subset, "val-on-objectnet-classes", ["objectnet-1.0-beta"],
            ["113 of its 313 classes are in ImageNet, some as several classes. The images have a red border of one pixel, to be cut off."], [(18_574, Others)]),
        Shift("ImageNet-Vid-Robust", "imagenet-vid-robust", 30, 1_109, ClipShiftClasses.Groups, "val-on-vid-robust-classes", ["imagenet-vid-robust_pm0", "imagenet-vid-robust_pm10"],
            ["pm0: the anchor frame. pm10: right only if every frame within ten of it that was judged to be similar is right."]),
        Shift("YouTube-BB-Robust", "ytbb-robust", 24, 2_030, ClipShiftClasses.Groups, "val-on-ytbb-robust-classes", ["ytbb-robust_pm0", "ytbb-robust_pm10"],
            ["pm0: the anchor frame. pm10: right only if every frame within ten of it that was judged to be similar is right."]),
    ];

    /// <summary>A set by its key.</summary>
    /// <param name="key">
    /// The key as in <see cref="ClipBenchmark.Key"/>, in any case; without its <c>vtab/</c> it is found as well, and with CLIP_benchmark's <c>wds/</c> before it.
    /// </param>
    /// <returns>The set; <see langword="null"/> if there is none.</returns>
    public static ClipBenchmark? Find(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        string plain = Plain(Cut(key, "wds/"));
        return All27.Concat(Shifts7).FirstOrDefault(b => string.Equals(Plain(b.Key), plain, StringComparison.OrdinalIgnoreCase));

        static string Plain(string key) => Cut(key, "vtab/");

        static string Cut(string key, string start) => key.StartsWith(start, StringComparison.OrdinalIgnoreCase) ? key[start.Length..] : key;
    }

    private static ClipBenchmark Set(string name, string key, ClipBenchmarkMetric metric, int classes, int train, int test, string[]? notes = null,
        (int Count, string What)[]? otherSizes = null, ImmutableArray<string> templates = default)
    {
        const string ImageNet = "imagenet1k";
        var (own, names) = key == ImageNet ? ([], []) : BenchmarkFiles.Read(key[(key.IndexOf('/') + 1)..]);
        return new ClipBenchmark
        {
            Name = name,
            Key = key,
            Metric = metric,
            ClassCount = classes,
            TrainCount = train,
            TestCount = test,
            Templates = templates.IsDefault ? own : templates,
            ClassNames = names.IsEmpty ? null : names,
            Notes = notes ?? [],
            OtherSizes = otherSizes ?? [],
        };
    }

    private static ClipBenchmark Shift(string name, string key, int classes, int test, ClipShiftClasses kind, string baseColumn, string[] columns,
        string[]? notes = null, (int Count, string What)[]? otherSizes = null, double? bendsAt = null) => new()
        {
            Name = name,
            Key = key,
            Metric = Accuracy,
            ClassCount = classes,
            TestCount = test,
            Templates = ClipPrompts.ImageNet80,
            Notes = notes ?? [],
            OtherSizes = otherSizes ?? [],
            Shift = new() { Classes = kind, BaseColumn = baseColumn, Columns = columns, BendsAt = bendsAt },
        };
}
