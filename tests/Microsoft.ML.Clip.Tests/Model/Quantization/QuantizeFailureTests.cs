namespace Microsoft.ML.Clip.Tests;

/// <summary>Quantisation where something is in the way.</summary>
public sealed class QuantizeFailureTests
{
    private static readonly string[] Captions = [.. Enumerable.Range(0, 8).Select(i => $"a photo of {i} ships")];

    private static readonly ClipQuantizationOptions Options = new() { Captions = Captions, MeasureSpeed = false, MinimumCosine = -1, TargetCosine = 0 };

    private static string Model => Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");

    [Fact]
    public void OverwriteThatFailsHalfWay_LeavesWhatWasThere()
    {
        using var target = new TemporaryDirectory();
        string text = Path.Combine(target, "onnx", "text_model_int8.onnx");
        Directory.CreateDirectory(Path.Combine(target, "onnx", "vision_model_int8.onnx"));
        File.WriteAllText(text, "the old one");

        Assert.ThrowsAny<Exception>(() => ClipModel.Quantize(Model, target, Options with { Overwrite = true }));

        Assert.Equal("the old one", File.ReadAllText(text)[..Math.Min(11, (int)new FileInfo(text).Length)]);
    }

    [Fact]
    public void OriginalBehindALink_IsNotWrittenOver()
    {
        using TemporaryDirectory copy = new(), parent = new();
        Copy(copy);
        foreach (string file in Directory.GetFiles(copy, "*.onnx", SearchOption.AllDirectories))
        {
            File.Move(file, file.Replace(".onnx", "_fp16.onnx", StringComparison.Ordinal));
        }
        string link = Path.Combine(parent, "link");
        Directory.CreateSymbolicLink(link, copy);
        var before = Sizes(copy);

        var error = Record.Exception(() => ClipModel.Quantize(copy, link, Options with { SourceVariant = "fp16", Variant = "fp16", Overwrite = true }));

        Assert.Equal(before, Sizes(copy));
        Assert.IsType<ArgumentException>(error);
    }

    [Fact]
    public void Failure_LeavesNoParentsOfTheDestination()
    {
        using var parent = new TemporaryDirectory();
        Assert.ThrowsAny<ClipImageException>(() => ClipModel.Quantize(Model, Path.Combine(parent, "a", "b", "c"),
            Options with { Images = [new byte[] { 1, 2, 3 }] }));
        Assert.Empty(Directory.GetFileSystemEntries(parent));
    }

    [Theory]
    [InlineData("text_model.onnx")]
    [InlineData("vision_model.onnx")]
    public void WeightsThatAreNoNumbers_AreAnError(string name)
    {
        using TemporaryDirectory copy = new(), parent = new();
        Copy(copy);
        string file = Path.Combine(copy, "onnx", name);
        var graph = OnnxGraphReader.Read(new DirectoryModelFiles(copy), "onnx/" + name);
        byte[] bytes = File.ReadAllBytes(file);
        foreach (var tensor in graph.Initializers.Values.Where(t => t.Dimensions.Count == 2 && t.RawData is not null))
        {
            BitConverter.TryWriteBytes(bytes.AsSpan((int)tensor.RawData!.Start + 40), float.NaN);
        }
        File.WriteAllBytes(file, bytes);
        Assert.Throws<ClipEncodingException>(() => ClipModel.Quantize(copy, Path.Combine(parent, "t"), Options));
        Assert.Empty(Directory.GetFileSystemEntries(parent));
    }

    private static Dictionary<string, long> Sizes(string directory) => Directory.GetFiles(directory, "*.onnx", SearchOption.AllDirectories)
        .ToDictionary(f => f, f => new FileInfo(f).Length, StringComparer.Ordinal);

    private static void Copy(string copy)
    {
        foreach (string file in Directory.GetFiles(Model, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(copy, Path.GetRelativePath(Model, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
    }
}
