using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Sessions whose weights stay in the files (docs/adr/0014-weights-are-mapped.md) compute what ONNX Runtime does by itself.</summary>
public sealed class SharedWeightsTests : IDisposable
{
    private const int Width = 160;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<bool, bool, int> Files
    {
        get
        {
            // In a protobuf file tensors begin anywhere.
            var data = new TheoryData<bool, bool, int>();
            foreach (int shift in (ReadOnlySpan<int>)[0, 1, 2, 3])
            {
                data.Add(false, false, shift);
                data.Add(false, true, shift);
            }
            data.Add(true, false, 0);
            data.Add(true, true, 0);
            return data;
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void Open_WeightsInFiles_ComputesTheSame(bool outside, bool half, int shift)
    {
        var files = Write(outside, half, shift);
        var graph = OnnxGraphReader.Read(files, GraphFiles.Name);
        var places = WeightPlaces.Find(files, graph)!;
        var placed = GraphFile.WritePlaced(GraphFile.Draft(files, graph, output: null, optimize: false), places);

        // Other processors have tensors at odd places copied.
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64 || outside)
        {
            Assert.Equal(["table", "v", "w"], placed.Tensors.Select(t => t.Tensor.Name).Order());
            Assert.True(placed.Bytes.Length < WeightPlaces.LeastBytes, $"{placed.Bytes.Length:N0} bytes");
        }
        float[] expected = Run(new InferenceSession(files.PhysicalPath(GraphFiles.Name)), "y");
        using var weights = new SharedWeights();
        var factory = Factory(files);
        Assert.Equal(expected, Run(factory.Open(graph, null, "test", alone: true, weights), "y"));
        Assert.Equal(expected, Run(factory.Open(graph, null, "test", alone: false, weights), "y"));
        Assert.Equal(expected, Run(factory.Open(graph, "y", "test", alone: false, weights), "y"));
    }

    [Fact]
    public void WritePlaced_ACut_HasItsOwnWeightsAlone()
    {
        var files = Write(outside: false, half: false, shift: 0);
        var graph = OnnxGraphReader.Read(files, GraphFiles.Name);

        var placed = GraphFile.WritePlaced(GraphFile.Draft(files, graph, "h", optimize: false), WeightPlaces.Find(files, graph)!);

        Assert.Equal(["table", "w"], placed.Tensors.Select(t => t.Tensor.Name).Order());
    }

    [Fact]
    public void Find_InMemoryOrSmall_IsNothing()
    {
        var small = new TinyOnnx().Input("x", TinyOnnx.Float, 1, 2).Weights("w", [1, 2, 3, 4], 2, 2).Node("MatMul", ["x", "w"], ["y"]).Output("y", TinyOnnx.Float, 1, 2);
        var memory = GraphFiles.Files(small.ToBytes());
        _directory.Write(GraphFiles.Name, small.ToBytes());
        var onDisk = new DirectoryModelFiles(_directory);

        Assert.Null(WeightPlaces.Find(memory, OnnxGraphReader.Read(memory, GraphFiles.Name)));
        Assert.Null(WeightPlaces.Find(onDisk, OnnxGraphReader.Read(onDisk, GraphFiles.Name)));
    }

    [Fact]
    public void Open_TheFileIsAnotherNow_SaysSo()
    {
        var files = Write(outside: false, half: false, shift: 0);
        var graph = OnnxGraphReader.Read(files, GraphFiles.Name);
        Write(outside: false, half: false, shift: 1);
        using var weights = new SharedWeights();

        string message = Assert.Throws<InvalidDataException>(() => Factory(files).Open(graph, null, "test", alone: true, weights)).Message;

        Assert.Contains($"The file {graph.Description} is not the one that the model was loaded from", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TheFileIsReplacedWhileInUse_SessionsGoOn()
    {
        var files = Write(outside: false, half: false, shift: 0);
        var graph = OnnxGraphReader.Read(files, GraphFiles.Name);
        using var weights = new SharedWeights();
        var session = Factory(files).Open(graph, null, "test", alone: true, weights);
        float[] before = Run(session, "y", dispose: false);

        File.Delete(files.PhysicalPath(GraphFiles.Name)!);

        Assert.Equal(before, Run(session, "y"));
    }

    [Fact]
    public void Forget_ThenReadAgain_IsAsItWas()
    {
        byte[] content = new byte[100_000];
        new Random(1).NextBytes(content);
        using var file = new MappedFile(_directory.Write("file", content));
        unsafe
        {
            var mapped = new ReadOnlySpan<byte>((void*)file.Address(1, content.Length - 1), content.Length - 1);
            Assert.True(mapped.SequenceEqual(content.AsSpan(1)));
            file.Forget();
            Assert.True(mapped.SequenceEqual(content.AsSpan(1)));
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Address(1, content.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Address(long.MaxValue, 1));
    }

    // Rows of a table, times two matrices, with the second one's transpose, which ONNX Runtime computes beforehand, in between.
    private DirectoryModelFiles Write(bool outside, bool half, int shift)
    {
        var random = new Random(1);
        float[] Values() => [.. Enumerable.Range(0, Width * 250).Select(_ => random.NextSingle() - 0.5f)];
        var onnx = new TinyOnnx { ExternalDataName = outside ? "weights.bin" : null, HalfWeights = half }
            .Input("ids", TinyOnnx.Int64, "rows")
            .Weights(new string('s', 1 + shift), [1], 1)
            .Weights("table", Values(), 250, Width)
            .Weights("w", Values(), Width, 250)
            .Weights("v", Values(), Width, 250)
            .Node("Gather", ["table", "ids"], ["x"])
            .Node("MatMul", ["x", "w"], ["h"])
            .Node("Transpose", ["v"], ["t"], ("perm", (int[])[1, 0]))
            .Node("MatMul", ["h", "t"], ["z"])
            .Node("Cast", ["z"], ["y"], ("to", TinyOnnx.Float))
            .Output("y", TinyOnnx.Float, "rows", Width);
        if (outside)
        {
            _directory.Write("onnx/weights.bin", onnx.ExternalData);
        }
        _directory.Write(GraphFiles.Name, onnx.ToBytes());
        return new DirectoryModelFiles(_directory);
    }

    private static OnnxSessionFactory Factory(ModelFiles files) =>
        new(files, new SessionChoices(new WorkChoices(16), null, null, UseMemoryArena: true, OptimizeGraph: true, null, _ => { }, _ => { }));

    private static float[] Run(InferenceSession session, string output, bool dispose = true)
    {
        using var run = new RunOptions();
        using var input = OrtValue.CreateTensorValueFromMemory<long>([3, 249, 0, 17], [4]);
        using var results = session.Run(run, ["ids"], [input], [output]);
        float[] values = results[0].GetTensorDataAsSpan<float>().ToArray();
        if (dispose)
        {
            session.Dispose();
        }
        return values;
    }
}
