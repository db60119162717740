using System.Text;
using Microsoft.ML.Clip.Tests;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Weights, checkpoints, and the one native library that is looked into.</summary>
internal static class WeightReaders
{
    private static readonly SafetensorsFormat Format = new();
    private static readonly Dictionary<string, string> Run = new() { ["LearningRate"] = "0.001", ["Flip"] = "True" };

    public static Reader Safetensors { get; } = new("safetensors", Format, SafetensorsSeeds, ReadSafetensors)
    {
        Sources =
        [
            "Microsoft.ML.Clip/Files/SafetensorsHeader.cs", "Microsoft.ML.Clip.TorchSharp/Weights/SafetensorsFiles.cs",
            "Microsoft.ML.Clip.TorchSharp/Weights/ClipWeightFile.cs", "Microsoft.ML.Clip.TorchSharp/Weights/HuggingFaceNames.cs",
            "Microsoft.ML.Clip.TorchSharp/Weights/ArchitectureReader.cs",
        ],
        IsDocumented = e => e is InvalidDataException,
        Share = 20_000,
    };

    public static Reader Head { get; } = new("head", Format, HeadSeeds, ReadHead)
    {
        Sources = ["Microsoft.ML.Clip/LockedTuning/Heads/HeadFile.cs", "Microsoft.ML.Clip/LockedTuning/Heads/HeadSide.cs"],
        IsDocumented = e => e is InvalidDataException,
        Share = 20_000,
    };

    public static Reader Index { get; } = new("safetensors-index", new BundleFormat(n => n.EndsWith(".json", StringComparison.Ordinal) ? new JsonFormat("weight_map", "a.safetensors", "../a", ".", "a\\b") : Format),
        IndexSeeds, ReadIndex)
    {
        Sources = ["Microsoft.ML.Clip.TorchSharp/Weights/SafetensorsFiles.cs"],
        IsDocumented = e => e is InvalidDataException or FileNotFoundException,
        Share = 10_000,
    };

    public static Reader Checkpoint { get; } = new("checkpoint", Format, CheckpointSeeds, ReadCheckpoint)
    {
        Sources = ["Microsoft.ML.Clip.TorchSharp/Training/TrainingCheckpoint.cs", "Microsoft.ML.Clip.TorchSharp/Training/RunSettings.cs"],
        IsDocumented = e => e is ClipTrainingException,
        Share = 20_000,
    };

    public static Reader Elf { get; } = new("elf", new ByteFormat("\u007FELF", "\u00FE\u00FF\u00FFo", "GLIBCXX_3.4\0"), ElfSeeds, ReadElf)
    {
        Sources = ["Microsoft.ML.Clip.TorchSharp/Native/ElfVersionNeeds.cs"],
        IsDocumented = e => e is InvalidDataException,
        Share = 60_000,
        MaximumLength = 4096,
    };

    private static IEnumerable<byte[]> SafetensorsSeeds()
    {
        yield return SafetensorsBytes.File(("a", "F32", [2, 3], Floats(6)), ("b", "F16", [4], new byte[8]), ("c", "BF16", [1, 2], new byte[4]), ("d", "F64", [], new byte[8]));
        yield return SafetensorsBytes.File(Small(OpenAI));
        yield return SafetensorsBytes.File(Small(HuggingFace));
        yield return SafetensorsBytes.File("""{"__metadata__":{"format":"pt"},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0);
        yield return SafetensorsBytes.File("{}", 0);
        yield return "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"u8.ToArray();
    }

    private static (string, int[])[] OpenAI =>
    [
        ("token_embedding.weight", [6, 4]), ("text_projection", [4, 4]), ("positional_embedding", [5, 4]), ("transformer.resblocks.0.ln_1.weight", [4]),
        ("visual.proj", [4, 4]), ("visual.conv1.weight", [4, 3, 2, 2]), ("visual.positional_embedding", [5, 4]), ("visual.transformer.resblocks.0.ln_1.weight", [4]),
    ];

    private static (string, int[])[] HuggingFace =>
    [
        ("text_model.embeddings.token_embedding.weight", [6, 4]), ("text_projection.weight", [4, 4]), ("text_model.embeddings.position_embedding.weight", [5, 4]),
        ("text_model.encoder.layers.0.layer_norm1.weight", [4]), ("visual_projection.weight", [4, 4]), ("vision_model.embeddings.patch_embedding.weight", [4, 3, 2, 2]),
        ("vision_model.embeddings.position_embedding.weight", [5, 4]), ("vision_model.encoder.layers.0.layer_norm1.weight", [4]),
    ];

    private static (string, string, int[], byte[])[] Small((string Name, int[] Shape)[] tensors) =>
        [.. tensors.Select(t => (t.Name, "F32", t.Shape, Floats(t.Shape.Aggregate(1, (a, b) => a * b))))];

    private static byte[] Floats(int count) => [.. Enumerable.Range(0, count).SelectMany(i => BitConverter.GetBytes(i / 8f))];

    private static string Save(string name, byte[] content)
    {
        string path = Path.Combine(Inputs.Folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private static void ReadSafetensors(byte[] input)
    {
        string path = Save("weights.safetensors", input);
        var file = SafetensorsFiles.Open(path);
        foreach (var entry in file.Entries.Values.Take(8))
        {
            Inputs.Require(entry.Begin >= 0 && entry.Begin <= entry.End && entry.End <= input.Length, $"{entry} lies beyond the file.");
        }
        InvalidDataException? refused = null;
        foreach (var entry in file.Entries.Values.Take(8))
        {
            try
            {
                Inputs.Require(SafetensorsFiles.Read(entry).All(float.IsFinite), $"{entry} has values that are no numbers.");
            }
            catch (InvalidDataException e)
            {
                refused = e;
            }
        }
        _ = ArchitectureReader.Read(ClipWeightFile.Open(path));
        if (refused is not null)
        {
            throw refused;
        }
    }

    private static IEnumerable<byte[]> HeadSeeds()
    {
        foreach (var storage in Enum.GetValues<ClipLockedStorage>())
        {
            FloatMatrix anchors = FloatMatrix.Of([1, 0, 0, 1, 0.6f, 0.8f], 3), weights = FloatMatrix.Of([1, 2, 3, 4, 5, 6, 7, 8, 9], 3);
            var side = new HeadSide { Mean = [0.1f, 0.2f], Anchors = anchors, Sharpness = 2, Weights = weights, Bias = [1, 2, 3] };
            var other = new HeadSide { Mean = [0, 0, 0], Weights = weights, HiddenWeights = weights, HiddenBias = [1, 1, 1], HiddenOutput = weights };
            string path = Path.Combine(Inputs.Folder, "seed.safetensors");
            foreach (var head in (ClipLockedHead[])[new(side, other, 10), .. Trained])
            {
                head.Save(path, storage);
                yield return File.ReadAllBytes(path);
            }
        }
        // What is refused: a layer without its second half, and a type that heads do not have.
        const string Mean = "\"image.mean\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"text.mean\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}";
        const string Metadata = "{\"__metadata__\":{\"format\":\"clip-locked-head\",\"version\":\"1\",\"logit_scale\":\"10\"},";
        yield return SafetensorsBytes.File($"{Metadata}{Mean},\"image.hidden.weight\":{{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[16,24]}}}}", 24);
        yield return SafetensorsBytes.File($"{Metadata}{Mean},\"text.weight\":{{\"dtype\":\"BF16\",\"shape\":[2,2],\"data_offsets\":[16,24]}}}}", 24);
    }

    /// <summary>Heads as the trainer makes them: with hidden units of images and a whitened space, and with a layer on both sides.</summary>
    private static IEnumerable<ClipLockedHead> Trained
    {
        get
        {
            float[][] images = [.. Enumerable.Range(0, 12).Select(i => Enumerable.Range(0, 4).Select(j => MathF.Sin(1 + (5 * i) + (3 * j))).ToArray())];
            var data = ClipLockedData.OfClasses(images, [.. Enumerable.Range(0, 12).Select(i => i % 3)], [new("a"), new("b"), new("c")],
                texts => [.. texts.Select(t => new float[] { t[^2] % 2, t[^2] % 3, 1 })]);
            ClipLockedTrainer.Options options = new() { NumberOfThreads = 1, HeldBackShare = 0 };
            yield return new ClipLockedTrainer(options with { ImageHiddenUnits = 3, ImageWhitening = 1, EqualTexts = true }).Fit(data);
            yield return new ClipLockedTrainer(options with
            {
                Method = ClipLockedMethod.Contrastive,
                ImageHead = ClipLockedHeadKind.Mlp,
                TextHead = ClipLockedHeadKind.Mlp,
                HiddenUnits = 2,
                EmbeddingDimension = 3,
                NumberOfEpochs = 1,
            }).Fit(data);
        }
    }

    private static void ReadHead(byte[] input)
    {
        var head = ClipLockedHead.Load(new MemoryStream(input, writable: false));
        float[][] images = head.EmbedImages([Features(head.ImageFeatureLength)]), texts = head.EmbedTexts([Features(head.TextFeatureLength)]);
        foreach (float[] embedding in (float[][])[.. images, .. texts])
        {
            Inputs.Require(embedding.Length == head.EmbeddingDimension, "An embedding has another length.");
            Inputs.Require(embedding.All(float.IsFinite), "An embedding has values that are no numbers.");
        }

        static float[] Features(int length) => [.. Enumerable.Range(1, length).Select(i => (float)i)];
    }

    private static IEnumerable<byte[]> IndexSeeds()
    {
        byte[] one = SafetensorsBytes.File(("a", "F32", [2], Floats(2))), two = SafetensorsBytes.File(("b", "F32", [1], Floats(1)));
        yield return BundleFormat.Write(new Dictionary<string, byte[]>
        {
            ["model.safetensors.index.json"] = """{"metadata":{},"weight_map":{"a":"a.safetensors","b":"b.safetensors"}}"""u8.ToArray(),
            ["a.safetensors"] = one,
            ["b.safetensors"] = two,
        });
    }

    private static void ReadIndex(byte[] input)
    {
        const string IndexName = "model.safetensors.index.json";
        string[] names = [IndexName, "a.safetensors", "b.safetensors"];
        var files = BundleFormat.Read(input);
        string folder = Path.Combine(Inputs.Folder, "index");
        Directory.CreateDirectory(folder);
        foreach (string name in names)
        {
            File.Delete(Path.Combine(folder, name));
            if (files.TryGetValue(name, out byte[]? content))
            {
                File.WriteAllBytes(Path.Combine(folder, name), content);
            }
        }
        var opened = SafetensorsFiles.Open(Path.Combine(folder, IndexName));
        Inputs.Require(opened.Entries.Values.All(e => Path.GetDirectoryName(e.File) == folder), "A file elsewhere was opened.");
    }

    private static IEnumerable<byte[]> CheckpointSeeds()
    {
        const string Tensors = "\"weights.a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"moments.a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}";
        yield return SafetensorsBytes.File($"{{{Tensors}}}", 12);
        yield return SafetensorsBytes.File("{\"__metadata__\":{\"step\":\"3\",\"settings\":\"{\\\"LearningRate\\\":\\\"0.001\\\"}\"}," + Tensors + "}", 12);
        yield return SafetensorsBytes.File("{\"__metadata__\":{\"sha256\":\"00\",\"settings\":\"null\"}," + Tensors + "}", 12);
    }

    private static void ReadCheckpoint(byte[] input)
    {
        var (_, entries) = TrainingCheckpoint.Check(Save("checkpoint.safetensors", input), [("weights.a", [2]), ("moments.a", [1])], metadata =>
        {
            if (metadata.TryGetValue("settings", out string? settings))
            {
                RunSettings.Check(settings, Run);
            }
        });
        Inputs.Require(entries.Count == 2 && SafetensorsFiles.ReadAsStored(entries[0]).All(float.IsFinite), "The checkpoint is not what was asked for.");
    }

    private static IEnumerable<byte[]> ElfSeeds()
    {
        // A table of three sections: nothing, names, needs; two needs with their versions.
        const int Sections = 64, SectionSize = 64, Needs = Sections + (3 * SectionSize), Names = Needs + (5 * 16);
        byte[] names = Encoding.ASCII.GetBytes("\0GLIBC_2.17\0GLIBCXX_3.4\0GLIBCXX_3.4.32\0"), file = new byte[Names + names.Length];
        names.CopyTo(file, Names);
        Put(0, [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1]);
        Put(0x28, BitConverter.GetBytes((long)Sections));
        Put(0x3A, [SectionSize, 0, 3, 0]);
        Put(Sections + SectionSize + 0x18, BitConverter.GetBytes((long)Names));
        Put(Sections + (2 * SectionSize) + 4, BitConverter.GetBytes(0x6FFFFFFE));
        Put(Sections + (2 * SectionSize) + 0x18, BitConverter.GetBytes((long)Needs));
        Put(Sections + (2 * SectionSize) + 0x28, [1]);
        Need(0, count: 1, next: 32);
        Version(1, name: 1, next: 0);
        Need(2, count: 2, next: 0);
        Version(3, name: 12, next: 16);
        Version(4, name: 24, next: 0);
        return [file];

        void Put(int at, byte[] bytes) => bytes.CopyTo(file, at);
        void Need(int index, int count, int next) => Put(Needs + (16 * index), [1, 0, (byte)count, 0, 0, 0, 0, 0, 16, 0, 0, 0, (byte)next, 0, 0, 0]);
        void Version(int index, int name, int next) => Put(Needs + (16 * index), [0, 0, 0, 0, 0, 0, 0, 0, (byte)name, 0, 0, 0, (byte)next, 0, 0, 0]);
    }

    private static void ReadElf(byte[] input)
    {
        var needs = new ElfVersionNeeds([.. input]);
        foreach (string version in (string[])["GLIBCXX_3.4.32", "GLIBC_9"])
        {
            if (needs.Requires(version))
            {
                Inputs.Require(needs.MakeWeak(version) && !needs.Requires(version), "A need stayed.");
            }
        }
    }
}
