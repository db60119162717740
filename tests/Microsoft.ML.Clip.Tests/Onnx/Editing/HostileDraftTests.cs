using System.Diagnostics;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Graphs that are made to be slow or deep neither hang nor end what looks for work to leave out.</summary>
public sealed class HostileDraftTests
{
    private const int Many = 60_000;

    // Seconds would do; what is quadratic in the number of operations takes minutes.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public enum Shape
    {
        Chain,
        Sums,
        Selections,
        Numbers,
        ManyReaders,
        Biased,
    }

    public static TheoryData<Shape> Shapes => [.. Enum.GetValues<Shape>()];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Draft_OfManyOperations_Ends(Shape shape)
    {
        var files = GraphFiles.Files(Graph(shape).ToBytes());
        var graph = OnnxGraphReader.Read(files, GraphFiles.Name);
        var watch = Stopwatch.StartNew();

        GraphFile.Draft(files, graph, null, optimize: true);
        GraphFile.Draft(files, graph, "y", optimize: true);
        GraphFile.Draft(files, graph, "half", optimize: true);

        Assert.True(watch.Elapsed < Deadline, $"{shape} took {watch.Elapsed}");
    }

    private static TinyOnnx Graph(Shape shape)
    {
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, 1, 2, 2).Output("y", TinyOnnx.Float).Weights("w", [1, 0, 0, 1], 2, 2).Weights("b", [1, 2], 2)
            .Weights("one", [1]).Integers("zero", [0]).Integers("shape", [0, 0, 1, 2], 4).Node("MatMul", ["x", "w"], ["t0"]);
        for (int i = 0; i < Many; i++)
        {
            string output = i == Many / 2 ? "half" : $"t{i + 1}", input = i == Many / 2 + 1 ? "half" : $"t{i}";
            graph = shape switch
            {
                Shape.Chain => graph.Node("Neg", [input], [output]),
                Shape.Sums => graph.Node("Add", [input, input], [output]),
                Shape.Selections => i % 2 == 0 ? graph.Node("MatMul", [input, "w"], [output]) : graph.Node("Gather", ["t0", "zero"], [output], ("axis", 1)),
                Shape.Numbers => i == 0 ? graph.Node("Shape", [input], [output]) : graph.Node("Add", [input, input], [output]),
                Shape.ManyReaders => graph.Node("Add", ["t0", "b"], [output]),
                _ => i % 2 == 0 ? graph.Node("MatMul", [input, "w"], [output]) : graph.Node("Add", [input, "b"], [output]),
            };
        }
        // Attention on the last of them, and a selection behind.
        string last = $"t{Many}";
        graph.Node("Reshape", [last, "shape"], ["split"]).Node("Transpose", ["split"], ["heads"], ("perm", new[] { 0, 2, 1, 3 }))
            .Node("Transpose", ["split"], ["turned"], ("perm", new[] { 0, 2, 3, 1 })).Node("MatMul", ["heads", "turned"], ["scores"])
            .Node("Softmax", ["scores"], ["shares"], ("axis", -1)).Node("MatMul", [last, "w"], ["product"]).Node("Add", ["product", last], ["sum"])
            .Node("Unsqueeze", [last], ["list"]).Node("Concat", ["list", "list", "list"], ["target"], ("axis", 0)).Node("Reshape", ["sum", "target"], ["rows"])
            .Node("MatMul", ["rows", "w"], ["rows2"]).Node("Gather", ["rows2", "zero"], ["y0"], ("axis", 1));
        return graph.Node("Gather", [shape == Shape.Selections ? "t0" : "sum", "zero"], ["y"], ("axis", 1)).Output("shares", TinyOnnx.Float).Output("y0", TinyOnnx.Float);
    }
}
