using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Microsoft.ML.Clip.Tests;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Published data sets: which reader an input is for, its files' names say.</summary>
internal static class DataSetReaders
{
    private const string Tar = "test/0.tar", Images = "images", Labels = "labels", Pickle = "test_batch", Binary = "test_batch.bin", Coco = "coco.json", Flickr = "flickr.csv",
        Karpathy = "karpathy.json", Parquet = "test.parquet", Truth = "truth.txt", Synsets = "synsets.txt", Answers = "answers/subject-01.csv", Counts = "counts.npy";

    private static readonly JsonFormat Json = new("images", "annotations", "categories", "id", "file_name", "image_id", "category_id", "caption", "name", "split", "sentences", "raw",
        "filename", "filepath", "a.jpg", "../a.jpg", "/etc/hosts", "C:\\a.jpg");

    // Marks, attributes and instructions of pickles; fields of Thrift; words of the lists.
    private static readonly ByteFormat Bytes = new("PAR1", "\u0089\u0015\u0004", "\u0015\u0000", "\u0019\u00FC", "\u0080\u0002", "cos\nsystem\n", "}(", "q\u0001", "h\u0001", "R.", "labels",
        "data", "fine_labels", "cnumpy\ndtype\n", "a.jpg,", "\n", "\r\n", ",", "\"", "na", "n01440764", "ImageId,", "0", "-1", "<i8", "(10, 2)");

    private static readonly string[] Names = ["cat", "dog"];

    public static Reader All { get; } = new("data-set", new BundleFormat(FormatOf), Seeds, Read)
    {
        Sources = ["Microsoft.ML.Clip.Evaluation/DataSets/", "Microsoft.ML.Clip.Evaluation/Answers/"],
        IsDocumented = e => e is InvalidDataException or IOException,
        Share = 6_000,
    };

    private static IFormat? FormatOf(string name) => Path.GetExtension(name) switch { ".json" => Json, ".tar" => new TarFormat(Bytes), _ => Bytes };

    private static IEnumerable<byte[]> Seeds()
    {
        yield return Bundle((Tar, TarFile()), ("classnames.txt", Text("cat\ndog\n")), ("zeroshot_classification_templates.txt", Text("a photo of a {c}.\n")), ("test/nshards.txt", Text("1\n")));
        byte[] images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, .. new byte[12]], labels = [0, 0, 8, 1, 0, 0, 0, 2, 1, 0];
        yield return Bundle((Images, images), (Labels, labels));
        yield return Bundle((Images, Pack(images)), (Labels, Pack(labels)));
        string[] batches = [PickleFiles.Batch2, PickleFiles.Batch4, PickleFiles.Batch5, PickleFiles.Evil2, PickleFiles.Evil4, PickleFiles.Floats];
        foreach (string batch in batches)
        {
            yield return Bundle((Pickle, Unpack(batch)), ("batches.meta", Unpack(PickleFiles.Meta)));
        }
        yield return Bundle((Binary, [1, .. new byte[3072]]), ("batches.meta.txt", Text("cat\ndog\n")));
        yield return Bundle((Coco, Text("""
            {"info": {"a": [1]}, "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 9, "file_name": "b.jpg"}], "categories": [{"id": 18, "name": "dog"}, {"id": 1, "name": "person"}],
             "annotations": [{"image_id": 7, "category_id": 18, "caption": "a dog"}, {"image_id": 9, "category_id": 1, "caption": "a \u00e9"}]}
            """)));
        yield return Bundle((Flickr, Text("image,caption\r\na.jpg,A dog , running .\r\nb.jpg,\"A cat, \"\"asleep\"\"\"\r\n")));
        yield return Bundle((Karpathy, Text("""
            {"images": [{"filename": "a.jpg", "split": "test", "sentences": [{"raw": "a dog"}]}, {"filepath": "b", "filename": "b.jpg", "split": "val", "sentences": [{"raw": "x"}]}]}
            """)));
        yield return Bundle((Truth, Text("a.jpg n01440764\nb.jpg 0\n")), (Synsets, Text("n01440764 tench, Tinca tinca\nn01443537\tgoldfish\n")));
        yield return Bundle((Truth, Text("ImageId,PredictionString\nb,n01440764 1 2 3 4\na,n01443537 1 2 3 4\n")), (Synsets, Text("n01440764 tench\nn01443537 goldfish\n")));
        foreach (string file in Directory.GetFiles(Path.Combine(Inputs.Repository, "tests/Microsoft.ML.Clip.Evaluation.Tests/Golden/parquet")).Order(StringComparer.Ordinal))
        {
            yield return Bundle((Parquet, File.ReadAllBytes(file)));
        }
        yield return Bundle((Answers, Text("subj,session,trial,rt,object_response,category,condition,imagename\ns,1,1,0.8,na,oven,0,0001_edg_s01_0_oven_00_oven10.png\n")));
        byte[] head = Text("{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2), }".PadRight(117) + "\n");
        yield return Bundle((Counts, [0x93, .. "NUMPY"u8, 1, 0, (byte)head.Length, 0, .. head, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]));
    }

    private static void Read(byte[] input)
    {
        string folder = Path.Combine(Inputs.Folder, "set");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
        string images = Directory.CreateDirectory(Path.Combine(folder, "pictures")).FullName;
        File.WriteAllBytes(Path.Combine(images, "a.jpg"), [1]);
        File.WriteAllBytes(Path.Combine(images, "b.jpg"), [2]);
        var files = BundleFormat.Read(input);
        // Only names that are known: the bundle's own are not what is fuzzed.
        string[] known = [Tar, Images, Labels, Pickle, Binary, Coco, Flickr, Karpathy, Parquet, Truth, Synsets, Answers, Counts, "classnames.txt", "zeroshot_classification_templates.txt",
            "test/nshards.txt", "batches.meta", "batches.meta.txt"];
        foreach (string name in known.Where(files.ContainsKey))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
            File.WriteAllBytes(In(name), files[name]);
        }
        switch (known.FirstOrDefault(files.ContainsKey))
        {
            case Tar: Drain(ClipDataSet.FromWebDataset(folder)); break;
            case Images or Labels: Drain(ClipDataSet.FromIdx(In(Images), In(Labels), Names)); break;
            case Pickle or Binary: Drain(ClipDataSet.FromCifar10(folder, "test")); break;
            case Coco:
                Captions(() => ClipCaptionSet.FromCoco(In(Coco), images));
                var instances = ClipMultiLabelSet.FromCoco(In(Coco), images);
                Inputs.Require(instances.Labels.All(l => l.All(c => c >= 0 && c < instances.ClassNames.Count)), "A class is none.");
                break;
            case Flickr: Captions(() => ClipCaptionSet.FromFlickr(In(Flickr), images)); break;
            case Karpathy: Captions(() => ClipCaptionSet.FromKarpathy(In(Karpathy), images)); break;
            case Parquet: Drain(ClipDataSet.FromParquet(In(Parquet))); break;
            case Truth or Synsets: Drain(ClipDataSet.FromImageNetValidation(images, In(Truth), In(Synsets))); break;
            case Answers:
                var answers = ClipHumanAnswers.FromGeirhos(Path.Combine(folder, "answers"));
                Inputs.Require(answers.People.Concat(answers.Models).All(a => a.Label < answers.ClassNames.Count && a.Answer is null or >= 0), "An answer is no class.");
                break;
            case Counts:
                var votes = ClipHumanVotes.FromCifar10H(In(Counts), [0]);
                Inputs.Require(votes.Rate.Accuracy is >= 0 and <= 1, "A rate is no share.");
                break;
        }

        string In(string name) => Path.Combine(folder, name);
    }

    private static void Captions(Func<ClipCaptionSet> read)
    {
        ClipCaptionSet set;
        try
        {
            set = read();
        }
        catch (InvalidDataException)
        {
            return;
        }
        Inputs.Require(set.Captions.Count == set.ImageOfText.Count && set.ImageOfText.All(i => i >= 0 && i < set.Images.Count), "A caption is of no image.");
        Inputs.Require(set.Images.All(i => Path.GetFileName(Path.GetDirectoryName(i)) == "pictures"), "An image lies elsewhere.");
    }

    private static void Drain(ClipDataSet set)
    {
        long count = 0;
        foreach (var row in set.Read())
        {
            Inputs.Require(row.Path is not null || row.Encoded.Length > 0, "A row has no image.");
            count++;
        }
        Inputs.Require(set.Count is null || set.Count == count, "There are not as many rows as was said.");
    }

    private static byte[] TarFile()
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in ((string, string)[])[("s0.jpg", "image"), ("s0.cls", "1"), ("dir/s1.webp", "other"), ("dir/s1.cls", "0")])
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Text(content)) });
            }
        }
        return stream.ToArray();
    }

    private static byte[] Bundle(params (string Name, byte[] Content)[] files) => BundleFormat.Write(files.ToDictionary(f => f.Name, f => f.Content));

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(content);
        }
        return packed.ToArray();
    }

    private static byte[] Unpack(string base64)
    {
        using var stream = new GZipStream(new MemoryStream(Convert.FromBase64String(base64)), CompressionMode.Decompress);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
