using System.IO.Compression;
using System.Reflection;
using System.Text;
using Microsoft.ML.Clip.Tests;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Saved ML.NET models: our steps in them, and the options that they hold.</summary>
internal static class SavedModelReaders
{
    private static readonly ByteFormat Binary = new("CLIPIEMB", "CLIPTEMB", "ClipImageEmbedding", "{\"BatchSize\":", "null", "\u0001\0\0\0", "\u00FF\u00FF\u00FF\u007F");
    private static readonly JsonFormat Json = new("Variant", "LogitScale", "BatchSize", "Tokenizer", "Preprocessing", "Cleaning", "ContextLength", "PadId", "Convention", "Decoding", "MaximumPixels");

    public static Reader Options { get; } = new("saved-options", Json, () => [Encoding.UTF8.GetBytes("""
        {"Variant":"fp16","LogitScale":100,"BatchSize":32,"Tokenizer":{"Cleaning":1,"ContextLength":77,"PadId":null},
         "Preprocessing":{"Convention":0,"Decoding":0,"ApplyExifOrientation":true,"SixteenBitGray":0,"MaximumPixels":178956970}}
        """)], input => _ = SavedModelOptions.FromJson(Encoding.UTF8.GetString(input)).ToOptions(ClipModelStorage.Embedded))
    {
        Sources = ["Microsoft.ML.Clip/Embedding/SavedModelOptions.cs"],
        IsDocumented = e => e is InvalidDataException,
        Share = 40_000,
    };

    public static Reader Zip { get; } = new("saved-model", new BundleFormat(n => n.EndsWith("Model.key", StringComparison.Ordinal) ? Binary : null), ZipSeeds, ReadZip)
    {
        Sources =
        [
            "Microsoft.ML.Clip/Embedding/ModelPersistence.cs", "Microsoft.ML.Clip/Embedding/StepFormat.cs", "Microsoft.ML.Clip/Embedding/AllowedDirectories.cs",
        ],
        IsDocumented = IsDocumented,
        MaximumLength = 1 << 19,
        MaximumAllocation = 512 << 20,
        Share = 500,
    };

    private static IEnumerable<byte[]> ZipSeeds()
    {
        var context = new MLContext(seed: 1);
        string folder = Path.Combine(Inputs.Folder, "saved");
        TinyClip.WriteTo(folder);
        string image = Path.Combine(folder, "image.png");
        File.WriteAllBytes(image, TestImages.EncodePng(8, 8, seed: 1));
        using var model = ClipModel.Load(folder);
        using var referred = ClipModel.Load(folder, new() { Storage = ClipModelStorage.Reference });
        var rows = context.Data.LoadFromEnumerable([new Row { Image = image, Text = "a cat" }]);
        string[] labels = ["cat", "dog"];
        IEstimator<ITransformer>[] steps =
        [
            context.Transforms.ClipImageEmbedding("Embedding", nameof(Row.Image), model), context.Transforms.ClipTextEmbedding("Embedding", nameof(Row.Text), model),
            context.Transforms.ClipZeroShotClassification(nameof(Row.Image), model, labels),
            context.Transforms.ClipImageEmbedding("Embedding", nameof(Row.Image), referred),
        ];
        foreach (var step in steps)
        {
            using var stream = new MemoryStream();
            context.Model.Save(step.Fit(rows), rows.Schema, stream);
            using var zip = new ZipArchive(stream, ZipArchiveMode.Read);
            yield return BundleFormat.Write(zip.Entries.ToDictionary(e => e.FullName, Content));
        }
        Directory.Delete(folder, recursive: true);
    }

    private static void ReadZip(byte[] input)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in BundleFormat.Read(input))
            {
                using var entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(content);
            }
        }
        stream.Position = 0;
        var loaded = new MLContext(seed: 1).Model.Load(stream, out _);
        (loaded as IDisposable)?.Dispose();
    }

    private static byte[] Content(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    // ML.NET wraps what the loading of a step throws, and marks what a component says on purpose. What it says of a zip before it comes to our steps is its
    // own affair.
    private static bool IsDocumented(Exception error)
    {
        while (error is TargetInvocationException or InvalidOperationException && error.InnerException is { } inner)
        {
            error = inner;
        }
        return error is FormatException || error.Data.Contains("ML_IsMarked") || error.StackTrace?.Contains(" Microsoft.ML.Clip.Clip", StringComparison.Ordinal) != true;
    }

    private sealed class Row
    {
        public string Image { get; set; } = "";

        public string Text { get; set; } = "";
    }
}
