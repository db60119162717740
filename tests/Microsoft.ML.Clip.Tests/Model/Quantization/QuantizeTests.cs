using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A model in 8 bits is near its original, is a variant like others, and is written whole or not at all.</summary>
public sealed class QuantizeTests
{
    private static readonly string[] Captions = [.. Enumerable.Range(0, 40).Select(i => $"a photo of {i} {(i % 3 == 0 ? "ships" : "birds")} and a truck")];

    private static string Model => Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");

    [Fact]
    public void Quantize_TheDefaultModel_IsNearItsOriginal()
    {
        using var target = new TemporaryDirectory();

        var report = ClipModel.Quantize(Model, target, new() { Captions = Captions, MeasureSpeed = false });

        Assert.True(report.IsGood);
        Assert.Equal("int8", report.Variant);
        Assert.True(report.Images!.IsOnGeneratedInputs);
        Assert.False(report.Texts!.IsOnGeneratedInputs);
        Assert.True(report.Texts.Layers > 0 && report.Images.Layers > 0);
        using ClipModel original = ClipModel.Load(Model), quantized = ClipModel.Load(target, new() { Variant = "int8" });
        Assert.Equal(original.LogitScale, quantized.LogitScale);
        float[][] exact = original.EncodeTexts(Captions), found = quantized.EncodeTexts(Captions);
        Assert.True(exact.Zip(found, (a, b) => TensorPrimitives.CosineSimilarity<float>(a, b)).Average() > 0.995f);
        string said = report.ToString();
        Assert.Contains("int8", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(15, ClipQuantizationMethod.Dynamic)]
    [InlineData(16, ClipQuantizationMethod.Static)]
    public void Quantize_FewInputsOfTheCaller_GetScalesOfEachRun(int count, ClipQuantizationMethod expected)
    {
        using var target = new TemporaryDirectory();

        var report = ClipModel.Quantize(Model, target, new() { Captions = [.. Captions.Take(count)], MeasureSpeed = false });

        Assert.Equal(expected, report.Texts!.Method);
        Assert.Equal(ClipQuantizationMethod.Dynamic, report.Images!.Method);
        Assert.Contains("made-up inputs", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Quantize_Twice_GivesTheSameBytes()
    {
        using TemporaryDirectory one = new(), other = new();
        var options = new ClipQuantizationOptions { Captions = Captions, MeasureSpeed = false };

        ClipModel.Quantize(Model, one, options);
        ClipModel.Quantize(Model, other, options);

        string[] files = [.. Directory.GetFiles(one, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(one, f)).Order(StringComparer.Ordinal)];
        Assert.Contains(files, f => f.EndsWith("_int8.onnx", StringComparison.Ordinal));
        Assert.All(files, f => Assert.Equal(File.ReadAllBytes(Path.Combine(one, f)), File.ReadAllBytes(Path.Combine(other, f))));
    }

    [Fact]
    public void Quantize_TooFarFromTheOriginal_WritesNothing()
    {
        using var parent = new TemporaryDirectory();
        string target = Path.Combine(parent, "target");

        var error = Assert.Throws<ClipQuantizationException>(() => ClipModel.Quantize(Model, target,
            new() { MinimumCosine = 1, MaximumFloatShare = 0, MeasureSpeed = false }));

        Assert.False(error.Report.IsGood);
        Assert.Contains("MinimumCosine", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(parent));
    }

    [Fact]
    public void Quantize_BesideTheOriginal_LeavesItAndDoesNotOverwrite()
    {
        using var copy = new TemporaryDirectory();
        foreach (string file in Directory.GetFiles(Model, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(copy, Path.GetRelativePath(Model, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        var before = Snapshot(copy);
        var options = new ClipQuantizationOptions { Captions = Captions, MeasureSpeed = false };

        ClipModel.Quantize(copy, copy, options);

        var after = Snapshot(copy);
        Assert.All(before, pair => Assert.Equal(pair.Value, after[pair.Key]));
        Assert.Equal(before.Count + 2, after.Count);
        Assert.Throws<IOException>(() => ClipModel.Quantize(copy, copy, options));
        Assert.Equal(after.Keys.Order(), Snapshot(copy).Keys.Order());
        ClipModel.Quantize(copy, copy, options with { Overwrite = true });
        using var model = ClipModel.Load(copy);
        Assert.DoesNotContain("int8", model.RequiredFiles(image: true, text: true).Aggregate(string.Concat), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tiny-vit")]
    [InlineData("tiny-vit-immich")]
    public void Quantize_LayoutsOfOthers_Load(string name)
    {
        string source = SharedFolder.Require($"fixtures/models/{name}");
        using var target = new TemporaryDirectory();

        var report = ClipModel.Quantize(source, target, new() { Captions = Captions, MinimumCosine = 0.9, MeasureSpeed = false });

        using ClipModel original = ClipModel.Load(source), quantized = ClipModel.Load(target, new() { Variant = "int8" });
        float[][] exact = original.EncodeTexts(Captions), found = quantized.EncodeTexts(Captions);
        Assert.True(exact.Zip(found, (a, b) => TensorPrimitives.CosineSimilarity<float>(a, b)).Average() > 0.99f, report.ToString());
    }

    [Fact]
    public void Quantize_Cancelled_WritesNothing()
    {
        using var parent = new TemporaryDirectory();
        using var cancellation = new CancellationTokenSource();
        var progress = new Canceller(cancellation);

        Assert.ThrowsAny<OperationCanceledException>(() => ClipModel.Quantize(Model, Path.Combine(parent, "target"), new() { Progress = progress },
            cancellation.Token));

        Assert.Empty(Directory.GetFileSystemEntries(parent));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../int8")]
    [InlineData("__")]
    public void Quantize_VariantsThatAreNoSuffix_AreRefused(string variant)
    {
        using var target = new TemporaryDirectory();
        Assert.Throws<ArgumentException>(() => ClipModel.Quantize(Model, target, new() { Variant = variant }));
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipModel.Quantize(Model, target, new() { MinimumCosine = double.NaN }));
        Assert.Throws<ArgumentException>(() => ClipModel.Quantize(Model, target, new() { LabelledImages = [new ClipLabelledImage("a.png", 0)] }));
    }

    private static Dictionary<string, string> Snapshot(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(folder, f), f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))));

    private sealed class Canceller(CancellationTokenSource source) : IProgress<string>
    {
        public void Report(string value) => source.Cancel();
    }
}
