using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A graph that was changed runs, and computes what it should.</summary>
public sealed class GraphDraftTests
{
    // y = (x · w) + b; h is computed on the way.
    private static TinyOnnx Graph(string? externalData = null, bool half = false) => new TinyOnnx { ExternalDataName = externalData, HalfWeights = half }
        .Input("x", TinyOnnx.Float, 1, 2)
        .Weights("w", [1, 2, 3, 4], 2, 2)
        .Weights("b", [10, 20], 2)
        .Weights("unused", [1, 2], 2)
        .Node("Transpose", ["w"], ["turned"], ("perm", new[] { 1, 0 }))
        .Node("Transpose", ["turned"], ["weights"], ("perm", new[] { 1, 0 }))
        .Node("MatMul", ["x", "weights"], ["h"])
        .Node("Add", ["h", "b"], ["y"])
        .Output("y", TinyOnnx.Float, 1, 2);

    [Fact]
    public void Write_Unchanged_ComputesTheSame()
    {
        var draft = Draft(GraphFiles.Files(Graph().ToBytes()));

        Assert.False(draft.IsChanged);
        Assert.Equal([14f, 26f], Run(draft, "y"));
    }

    [Fact]
    public void Replace_AnOperation_ComputesTheOtherOne()
    {
        var draft = Draft(GraphFiles.Files(Graph().ToBytes()));
        var add = draft.Producer("y")!;
        string two = draft.AddConstant("b", [2f]);

        draft.Replace(add, new DraftNode("Mul", ["h", two], [draft.NewName("h")]), new DraftNode("Sub", ["h_2", "b"], ["y"]));
        draft.Sweep();

        Assert.Equal("b_2", two);
        Assert.Equal("h_2", draft.Producer("y")!.Input(0));
        Assert.Equal([2 * 4f - 10, 2 * 6f - 20], Run(draft, "y"));
        Assert.Equal(["b", "b_2", "w"], OnnxGraphReader.Read(GraphFiles.Files(Bytes(draft)), GraphFiles.Name).Initializers.Keys.Order());
    }

    [Fact]
    public void Redirect_LeavesWhatNobodyReads_ForSweep()
    {
        var draft = Draft(GraphFiles.Files(Graph().ToBytes()));

        draft.Redirect("weights", "w");
        draft.Sweep();

        Assert.Equal(["MatMul", "Add"], draft.Nodes.Select(n => n.Operation));
        Assert.Equal([14f, 26f], Run(draft, "y"));
    }

    [Fact]
    public void CutTo_ATensorInside_BecomesTheOutput()
    {
        var draft = Draft(GraphFiles.Files(Graph().ToBytes()));

        draft.CutTo("h");

        Assert.Equal([4f, 6f], Run(draft, "h"));
        Assert.DoesNotContain("b", draft.Constants.Keys);
    }

    [Fact]
    public void Nodes_KeepTheirAttributes_AndTellThem()
    {
        var draft = Draft(GraphFiles.Files(Graph().ToBytes()));

        Assert.Equal([1L, 0], draft.Producer("turned")!.Integers("perm")!);
        draft.SetInput(draft.Producer("weights")!, 0, "w");
        draft.Sweep();

        // x · wᵀ + b
        Assert.Equal([1 + 2 + 10f, 3 + 4 + 20f], Run(draft, "y"));
    }

    [Fact]
    public void NewOperators_OfOnnxRuntime_CanBeUsed()
    {
        var draft = Draft(GraphFiles.Files(Graph().ToBytes()));
        draft.RequireOperators("com.microsoft", 1);

        draft.Replace(draft.Producer("h")!, new DraftNode("FusedMatMul", ["x", "weights"], ["h"], "com.microsoft", [DraftAttribute.Of("alpha", 2f), DraftAttribute.Of("transB", 1L)]));

        Assert.Equal([2 * 3 + 10f, 2 * 7 + 20f], Run(draft, "y"));
    }

    [Fact]
    public void NewOperators_OfADomainThatTheFileUses_AreImportedOnce()
    {
        var first = Draft(GraphFiles.Files(Graph().ToBytes()));
        first.RequireOperators("com.microsoft", 1);
        var draft = Draft(GraphFiles.Files(Bytes(first)));

        draft.RequireOperators("com.microsoft", 1);

        Assert.Equal(Bytes(first).Length, Bytes(draft).Length);
        Assert.Equal([14f, 26f], Run(draft, "y"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Floats_AreRead_WhereverTheyLie(bool isExternal, bool isHalf)
    {
        var onnx = Graph(isExternal ? "weights.bin" : null, isHalf);
        var draft = Draft(isExternal ? GraphFiles.Files(onnx.ToBytes(), ("onnx/weights.bin", onnx.ExternalData)) : GraphFiles.Files(onnx.ToBytes()));

        Assert.Equal([1f, 2, 3, 4], DraftValues.Floats(draft, draft.Constants["w"]));
        string list = draft.AddList("shape", 0, -1, 12);
        Assert.Equal([0L, -1, 12], DraftValues.Integers(draft, draft.Constants[list])!);
    }

    [Fact]
    public void Floats_FewerThanTheAxesSay_AreAnError()
    {
        var draft = Draft(GraphFiles.Files(Graph().ToBytes()));
        string name = draft.AddConstant("short", TensorElementType.Float, [1000, 1000], new byte[12]);

        var error = Assert.Throws<InvalidDataException>(() => DraftValues.Floats(draft, draft.Constants[name]));

        Assert.Contains("'short'", error.Message, StringComparison.Ordinal);
        Assert.Contains("12 bytes of data, where its axes take 4,000,000", error.Message, StringComparison.Ordinal);
    }

    private static GraphDraft Draft(ModelFiles files) => EditedGraphs.Draft(files);

    private static byte[] Bytes(GraphDraft draft) => EditedGraphs.Bytes(draft);

    private static float[] Run(GraphDraft draft, string output) =>
        EditedGraphs.Run(Bytes(draft), output, ("x", () => OrtValue.CreateTensorValueFromMemory([1f, 1f], [1, 2])));
}
