using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Saved models from elsewhere: what they may make the process read, and numbers in them that no step would write.</summary>
public sealed class SavedModelTrustTests : IDisposable
{
    // Marks a place in Model.key from which the others are counted.
    private const int BatchSize = 0x01234;
    private const int Features = -5, OnInvalid = 4, FileCount = 25;

    private readonly TemporaryDirectory _directory = new();
    private readonly MLContext _ml = new();
    private ClipModel? _model;

    public static TheoryData<int, int, string> Numbers => new()
    {
        { Features, 9, "ClipFeatures = 9" },
        { OnInvalid, 9, "ClipOnInvalidImage = 9" },
        { 0, 0, "must be 1 or more, but is 0" },
        { 0, 200_000_000, "more than one batch can hold" },
        { FileCount, 0, "claims 0 files" },
        { FileCount, int.MaxValue, "claims 2,147,483,647 files" },
        { FileCount, 100_000_000, "claims 100,000,000 files" },
    };

    public static TheoryData<string, string> Options => new()
    {
        { """ "Preprocessing":null""", "are null where an object is expected" },
        { """ "Tokenizer":null""", "are null where an object is expected" },
        { """ "LogitScale":-1""", "cannot be used" },
        { """ "BatchSize":0""", "cannot be used" },
        { "not JSON", "cannot be read" },
    };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Load_ReferenceThatNobodyAllowed_IsRefusedBeforeAnythingIsRead()
    {
        string model = TinyClip.WriteTo(_directory.Combine("secretsecret"));
        string file = SaveByReference(model, "elsewhere", _directory.Combine("moved"));
        Directory.Move(model, _directory.Combine("moved"));

        string message = Refused(file);
        Directory.Delete(_directory.Combine("moved"), recursive: true);

        Assert.Contains("mlContext.Model.AllowClipModelDirectory", message, StringComparison.Ordinal);
        // Whether there is such a directory is nothing that a stranger learns.
        Assert.Equal(message, Refused(file));
    }

    [Theory]
    [InlineData("moved")]
    [InlineData("")]
    public void Load_ReferenceThatIsAllowed_IsFollowed(string allowed)
    {
        string model = TinyClip.WriteTo(_directory.Combine("a-long-name-of-a-model"));
        string file = SaveByReference(model, "elsewhere", _directory.Combine("moved"));
        Directory.Move(model, _directory.Combine("moved"));

        _ml.Model.AllowClipModelDirectory(_directory.Combine(allowed));

        ((IDisposable)_ml.Model.Load(file, out _)).Dispose();
        // The permission is the context's own.
        Assert.Contains("is not followed", Messages(Record.Exception(() => new MLContext().Model.Load(file, out _))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("moved/../secret")]
    [InlineData("move")]
    [InlineData("moved2")]
    public void Load_ReferenceBesideWhatIsAllowed_IsRefused(string named)
    {
        string file = SaveByReference(TinyClip.WriteTo(_directory.Combine("a-long-name-of-a-model")), "elsewhere", _directory.Combine(named));
        _ml.Model.AllowClipModelDirectory(_directory.Combine("moved"));

        Assert.Contains("is not followed", Refused(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ReferenceWithAPipe_IsRefusedAtOnceAndTellsNoHash()
    {
        string model = TinyClip.WriteTo(_directory.Combine("a-long-name-of-a-model"));
        string file = SaveByReference(model, null, "");
        string tower = Path.Combine(model, "onnx", "vision_model.onnx");
        File.AppendAllText(tower, "x");
        string hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(tower)));
        Assert.DoesNotContain(hash, Refused(file), StringComparison.Ordinal);

        IrregularFiles.Put("/dev/zero", tower);
        Assert.Contains("no regular file", Messages(IrregularFiles.Error(() => _ml.Model.Load(file, out _))), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ReferenceOfTheShared_IsRefusedAtOnce()
    {
        string file = SharedFolder.Require("fixtures/attack/zip-reference-dev-zero.zip");

        Assert.Contains("is not followed", Messages(IrregularFiles.Error(() => _ml.Model.Load(file, out _))), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Numbers))]
    public void Load_NumberThatNoStepWrites_IsRefused(int place, int value, string expected)
    {
        string file = Save(new());
        Patch(file, "Model.key", bytes =>
        {
            int at = bytes.AsSpan().IndexOf(BitConverter.GetBytes(BatchSize)) + place;
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
            return bytes;
        });

        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = Refused(file);

        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 50_000_000);
    }

    [Theory, MemberData(nameof(Options))]
    public void Load_OptionsThatNoStepWrites_AreRefused(string json, string expected)
    {
        string file = Save(new());
        Patch(file, "Model.key", bytes => Replace(bytes, SavedModelOptions.From(_model!).ToJson(), text =>
        {
            // Of the same length, as the texts of the file have one.
            string damaged = json.StartsWith(' ') ? "{" + json + "}" : json;
            return damaged.PadRight(text.Length);
        }));

        Assert.Contains(expected, Refused(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileMuchLargerThanItsArchive_IsRefusedWithoutItsMemory()
    {
        const long Size = 300 << 20;
        string file = Save(new());
        string entry;
        using (var archive = ZipFile.Open(file, ZipArchiveMode.Update))
        {
            var old = archive.Entries.Where(e => e.FullName.Contains("ClipModelFiles", StringComparison.Ordinal)).MaxBy(e => e.Length)!;
            entry = old.FullName;
            old.Delete();
            using var stream = archive.CreateEntry(entry).Open();
            byte[] zeros = new byte[1 << 20];
            for (long written = 0; written < Size; written += zeros.Length)
            {
                stream.Write(zeros);
            }
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = Refused(file);

        Assert.Contains("is damaged", message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < Size / 4);
    }

    [Fact]
    public void Load_TextStepWithoutItsTokenizer_IsRefused()
    {
        using var model = ClipModel.Load(TinyClip.WriteTo(_directory.Combine("saved")));
        var data = _ml.Data.LoadFromEnumerable(Array.Empty<StepRow>());
        string file = _directory.Combine("saved.zip");
        using (var fitted = _ml.Transforms.ClipTextEmbedding("Output", "Text", model, new() { BatchSize = BatchSize }).Fit(data))
        {
            _ml.Model.Save(fitted, data.Schema, file);
        }
        Patch(file, "Model.key", bytes => Replace(bytes, "tokenizer.json", _ => "tokenizex.json"));

        Assert.Contains("There is no CLIP tokenizer in the saved ML.NET model", Refused(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileThatNoGraphNames_IsRefused()
    {
        string file = Save(new());
        Patch(file, "Model.key", bytes => Replace(bytes, "preprocessor_config.json", _ => "preprocessor_config.data"));

        Assert.Contains("'preprocessor_config.data' in the saved model is none of a CLIP model", Refused(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(32, 150_528, 32)]
    [InlineData(14_000, 150_528, 445)]
    [InlineData(1_000_000, 512, 8192)]
    [InlineData(8, 100_000_000, 1)]
    // Left to the check that refuses them.
    [InlineData(0, 512, 0)]
    [InlineData(200_000_000, 512, 200_000_000)]
    public void LimitBatch_OfASavedStep_IsNoLargerThanHelps(int saved, long valuesPerRow, int expected) =>
        Assert.Equal(expected, SavedNumbers.LimitBatch(saved, valuesPerRow));

    [Theory]
    [InlineData("Image Path")]
    [InlineData("Text Text")]
    [InlineData("ZeroShot Path")]
    [InlineData("ZeroShot Embedding")]
    public void Load_LargerBatchThanHelps_IsNotTaken(string step)
    {
        const int Large = 50_000;
        using var model = ClipModel.Load(TinyClip.WriteTo(_directory.Combine("saved")));
        var rows = _ml.Data.LoadFromEnumerable(Array.Empty<StepRow>());
        string file = _directory.Combine("saved.zip");
        IEstimator<ITransformer> estimator = step switch
        {
            "Image Path" => _ml.Transforms.ClipImageEmbedding("Output", "Path", model, new() { BatchSize = BatchSize }),
            "Text Text" => _ml.Transforms.ClipTextEmbedding("Output", "Text", model, new() { BatchSize = BatchSize }),
            _ => _ml.Transforms.ClipZeroShotClassification(step.Split(' ')[1], model, ["cat", "dog"], ["a {}"], new() { BatchSize = BatchSize }),
        };
        _ml.Model.Save(estimator.Fit(rows), rows.Schema, file);
        int found = 0;
        Patch(file, "Model.key", bytes =>
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(bytes.AsSpan().IndexOf(BitConverter.GetBytes(BatchSize))), Large);
            found++;
            return bytes;
        });
        Assert.Equal(1, found);

        // What it takes is what it would save.
        var loaded = _ml.Model.Load(file, out _);
        _ml.Model.Save(loaded, rows.Schema, file);
        ((IDisposable)loaded).Dispose();

        using var archive = ZipFile.OpenRead(file);
        var keys = archive.Entries.Where(e => e.Name == "Model.key").Select(e =>
        {
            using var memory = new MemoryStream();
            using var stream = e.Open();
            stream.CopyTo(memory);
            return memory.ToArray();
        }).ToList();
        Assert.DoesNotContain(keys, bytes => bytes.AsSpan().IndexOf(BitConverter.GetBytes(Large)) >= 0);
        Assert.Contains(keys, bytes => bytes.AsSpan().IndexOf(BitConverter.GetBytes(8192)) >= 0);
    }

    [Fact]
    public void ToOptions_LimitAboveTheLibrarysOwn_IsNotRaised()
    {
        var saved = SavedModelOptions.FromJson("""{"BatchSize":1,"Preprocessing":{"MaximumPixels":536870911}}""");

        Assert.Equal(new ClipImagePreprocessorOptions().MaximumPixels, saved.ToOptions(ClipModelStorage.Embedded).Preprocessing.MaximumPixels);
    }

    private string Save(ClipModelOptions options)
    {
        string directory = TinyClip.WriteTo(_directory.Combine("saved"));
        return Save(directory, options);
    }

    private string Save(string directory, ClipModelOptions options)
    {
        _model = ClipModel.Load(directory, options);
        var data = _ml.Data.LoadFromEnumerable(Array.Empty<StepRow>());
        string file = _directory.Combine("saved.zip");
        using var fitted = _ml.Transforms.ClipImageEmbedding("Output", "Path", _model, new() { BatchSize = BatchSize }).Fit(data);
        _ml.Model.Save(fitted, data.Schema, file);
        _model.Dispose();
        return file;
    }

    /// <summary>Saves by reference, and has the file name another directory than the one that this process has loaded.</summary>
    private string SaveByReference(string directory, string? elsewhere, string named)
    {
        string file = Save(directory, new() { Storage = ClipModelStorage.Reference });
        if (elsewhere is not null)
        {
            PatchText(file, directory, named);
        }
        return file;
    }

    /// <summary>Replaces a text of the file's table, which holds them with their lengths in front.</summary>
    private static void PatchText(string file, string old, string text) => Patch(file, "Model.key", bytes => Replace(bytes, old, o =>
    {
        // Room is made by slashes, which a path may have as many of as it likes.
        Assert.True(text.Length <= o.Length);
        return text[..1] + new string('/', o.Length - text.Length) + text[1..];
    }));

    private static byte[] Replace(byte[] bytes, string old, Func<string, string> change)
    {
        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.UTF8])
        {
            int at = bytes.AsSpan().IndexOf(encoding.GetBytes(old));
            if (at >= 0)
            {
                encoding.GetBytes(change(old)).CopyTo(bytes, at);
                return bytes;
            }
        }
        throw new InvalidOperationException($"'{old}' is not there");
    }

    private static void Patch(string file, string name, Func<byte[], byte[]> change)
    {
        using var archive = ZipFile.Open(file, ZipArchiveMode.Update);
        foreach (var entry in archive.Entries.Where(e => e.Name == name).ToList())
        {
            using var stream = entry.Open();
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            if (bytes.AsSpan().IndexOf("CLIPIEMB"u8) >= 0 || bytes.AsSpan().IndexOf(BitConverter.GetBytes(BatchSize)) >= 0)
            {
                stream.Position = 0;
                stream.Write(change(bytes));
            }
        }
    }

    private string Refused(string file)
    {
        var error = Record.Exception(() => _ml.Model.Load(file, out _));
        Assert.NotNull(error);
        Assert.IsNotType<System.Reflection.TargetInvocationException>(error);
        return Messages(error);
    }

    private static string Messages(Exception? error) => error is null ? "" : error.Message + "\n" + Messages(error.InnerException);
}
