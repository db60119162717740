namespace Microsoft.ML.Clip.Tests;

/// <summary>Logit scale and bias however a graph applies them: found as they are, or not at all, never half of them.</summary>
public sealed class FamilyLogitTests : IDisposable
{
    private const float Scale = 12, Bias = -2.25f;

    private static readonly Dictionary<string, Func<TinyOnnx, TinyOnnx>> Told = new()
    {
        ["a bias that is taken away"] = g => Product(g).Weights("s", [Scale]).Weights("b", [-Bias], 1).Node("Mul", ["cosines", "s"], ["scaled"]).Node("Sub", ["scaled", "b"], ["logits"]),
        ["a bias behind the transpose"] = g => Product(g).Weights("s", [Scale]).Weights("b", [Bias]).Node("Mul", ["s", "cosines"], ["scaled"])
            .Node("Transpose", ["scaled"], ["turned"], ("perm", new[] { 1, 0 })).Node("Add", ["b", "turned"], ["turned_logits"]).Node("Transpose", ["turned_logits"], ["logits"], ("perm", new[] { 1, 0 })),
        ["a bias before the scale"] = g => Product(g).Weights("s", [Scale]).Weights("b", [Bias / Scale]).Node("Add", ["cosines", "b"], ["moved"]).Node("Mul", ["moved", "s"], ["logits"]),
        ["a bias in two parts"] = g => Product(g).Weights("s", [Scale]).Weights("b", [Bias / Scale / 2]).Weights("c", [Bias / 2]).Node("Add", ["cosines", "b"], ["moved"])
            .Node("Mul", ["moved", "s"], ["scaled"]).Node("Add", ["scaled", "c"], ["logits"]),
        ["two factors"] = g => Product(g).Weights("s", [Scale / 4]).Weights("four", [4]).Weights("b", [Bias]).Node("Mul", ["cosines", "s"], ["part"]).Node("Mul", ["part", "four"], ["scaled"])
            .Node("Add", ["scaled", "b"], ["logits"]),
        ["a temperature"] = g => Product(g).Weights("t", [1 / Scale]).Weights("b", [Bias]).Node("Div", ["cosines", "t"], ["scaled"]).Node("Add", ["scaled", "b"], ["logits"]),
        ["a factor in a tower"] = g => Product(g.Weights("s", [Scale]).Node("Mul", ["image_embeds", "s"], ["larger"]), image: "larger").Weights("b", [Bias]).Node("Add", ["cosines", "b"], ["logits"]),
        ["a factor in each tower"] = g => Product(g.Weights("s", [Scale / 4]).Weights("four", [4]).Node("Mul", ["image_embeds", "s"], ["larger"]).Node("Mul", ["four", "text_embeds"], ["longer"]),
            image: "larger", text: "longer").Weights("b", [Bias]).Node("Add", ["cosines", "b"], ["logits"]),
        ["a factor in a tower and one behind"] = g => Product(g.Weights("s", [Scale / 4]).Weights("four", [4]).Node("Mul", ["image_embeds", "s"], ["larger"]), image: "larger").Weights("b", [Bias])
            .Node("Mul", ["cosines", "four"], ["scaled"]).Node("Add", ["scaled", "b"], ["logits"]),
        ["one operation for all"] = g => g.Weights("b", [Bias / 2], 1).Node("Gemm", ["text_embeds", "image_embeds", "b"], ["logits"], ("alpha", Scale), ("beta", 2f), ("transB", 1)),
        ["constants of nodes"] = g => Product(g).Node("Constant", [], ["s"], ("value_float", Scale)).Node("Constant", [], ["b"], ("value", Half(Bias))).Node("Cast", ["b"], ["wide"], ("to", TinyOnnx.Float))
            .Node("Mul", ["cosines", "s"], ["scaled"]).Node("Add", ["scaled", "wide"], ["logits"]),
        ["half precision"] = g => Product(g).Node("Constant", [], ["s"], ("value", Half(Scale))).Node("Constant", [], ["b"], ("value", Half(Bias))).Node("Cast", ["cosines"], ["narrow"], ("to", TinyOnnx.Float16))
            .Node("Mul", ["narrow", "s"], ["scaled"]).Node("Add", ["scaled", "b"], ["narrow_logits"]).Node("Cast", ["narrow_logits"], ["logits"], ("to", TinyOnnx.Float)),
        ["t that is the sum of two"] = g => Product(g).Weights("t", [MathF.Log(Scale) - 1]).Weights("one", [1]).Weights("b", [Bias]).Node("Add", ["t", "one"], ["whole_t"]).Node("Exp", ["whole_t"], ["s"])
            .Node("Mul", ["cosines", "s"], ["scaled"]).Node("Add", ["scaled", "b"], ["logits"]),
    };

    // What is added or multiplied depends on an input, or is another thing than logits.
    private static readonly Dictionary<string, Func<TinyOnnx, TinyOnnx>> Untold = new()
    {
        ["a factor that is not constant"] = g => Product(g).Weights("s", [Scale]).Weights("b", [Bias]).Node("ReduceMean", ["image_embeds"], ["mean"], ("keepdims", 0)).Node("Mul", ["s", "mean"], ["hidden"])
            .Node("Mul", ["cosines", "hidden"], ["scaled"]).Node("Add", ["scaled", "b"], ["logits"]),
        ["probabilities"] = g => Product(g).Weights("s", [Scale]).Weights("b", [Bias]).Node("Mul", ["cosines", "s"], ["scaled"]).Node("Add", ["scaled", "b"], ["sums"]).Node("Sigmoid", ["sums"], ["logits"]),
        ["a bias for each label"] = g => g.Weights("b", [Bias, Bias], 2).Node("Gemm", ["text_embeds", "image_embeds", "b"], ["logits"], ("alpha", Scale), ("transB", 1)),
        ["a scale taken from something"] = g => Product(g).Weights("s", [Scale]).Node("Mul", ["cosines", "s"], ["scaled"]).Node("Sub", ["s", "scaled"], ["logits"]),
    };

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> ToldForms => [.. Told.Keys];

    public static TheoryData<string> UntoldForms => [.. Untold.Keys];

    public void Dispose() => _directory.Dispose();

    [Theory, MemberData(nameof(ToldForms))]
    public void Logits_HoweverTheyAreMade_TellScaleAndBias(string form)
    {
        using var clip = Load(Told[form]);

        Assert.Equal(Scale, clip.LogitScale, 1e-4f);
        Assert.Equal(Bias, clip.LogitBias, 1e-4f);
        Assert.Equal(ClipScoreKind.Sigmoid, clip.ScoreFunction);
    }

    [Theory, MemberData(nameof(UntoldForms))]
    public void Logits_ThatHideScaleOrBias_AreNotGuessedAt(string form)
    {
        using var clip = Load(Untold[form]);

        foreach (var ask in (Func<float>[])[() => clip.LogitScale, () => clip.LogitBias])
        {
            string message = Assert.Throws<InvalidOperationException>(() => _ = ask()).Message;
            Assert.All((string[])["ClipModelOptions.LogitScale", "ClipModelOptions.LogitBias", "'model.onnx'"], word => Assert.Contains(word, message, StringComparison.Ordinal));
            Assert.DoesNotContain("there is no combined graph", message, StringComparison.Ordinal);
        }
    }

    private ClipModel Load(Func<TinyOnnx, TinyOnnx> logits)
    {
        var folder = new FamilyFolder(_directory.Combine("model"));
        FamilyBundles.All["siglip2-whole"].Fill(folder);
        var graph = logits(FamilyGraphs.Towers(FamilyModel.Siglip2, takesMask: false, normalized: true)).Node("Identity", ["logits"], ["logits_per_text"])
            .Output("logits_per_text", TinyOnnx.Float, "text_batch_size", "image_batch_size");
        folder.Graph("model.onnx", graph);
        return ClipModel.Load(_directory.Combine("model"));
    }

    private static TinyOnnx Product(TinyOnnx graph, string image = "image_embeds", string text = "text_embeds") =>
        graph.Node("Transpose", [image], ["image_turned"], ("perm", new[] { 1, 0 })).Node("MatMul", [text, "image_turned"], ["cosines"]);

    // TensorProto: data_type, raw_data.
    private static byte[] Half(float value) => new ProtobufWriter().Int(2, TinyOnnx.Float16).Bytes(9, BitConverter.GetBytes((Half)value)).ToArray();
}
