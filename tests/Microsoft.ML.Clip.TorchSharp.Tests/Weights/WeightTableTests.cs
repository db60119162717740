using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

public sealed class WeightTableTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly ExportedModel _model = new(ExportedModel.Architectures["ViT, QuickGELU"]);
    private readonly Dictionary<string, Tensor> _weights;

    public WeightTableTests() => _weights = new(_model.Weights);

    [Fact]
    public void Item_WhateverTypeAndLayoutATensorHas_GivesItsValuesRowByRow()
    {
        float[] expected = [.. Enumerable.Range(0, 32 * 24).Select(i => (float)i)];
        var plain = tensor(expected, [32, 24]);
        Tensor[] forms = [plain, plain.t().contiguous().t(), plain.to(ScalarType.Float64), plain.to(ScalarType.Float16), plain.clone().requires_grad_()];

        Assert.All(forms, form =>
        {
            _weights["visual.proj"] = form;
            var weight = Table()["visual.proj"];
            Assert.Equal(expected, weight.Values);
            Assert.Equal([32, 24], weight.Shape);
        });
    }

    [Fact]
    public void Constructor_WhereAParameterIsMissingOrHasAnotherShape_NamesIt()
    {
        _weights["ln_final.bias"] = zeros(1, 40);
        Assert.Contains("'ln_final.bias' has the shape [1, 40], but the architecture needs [40]", Message(Table), StringComparison.Ordinal);
        _weights.Remove("ln_final.bias");
        Assert.Contains("'ln_final.bias' [40] is missing", Message(Table), StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_WithFurtherTensors_DoesNotLookAtThem()
    {
        _weights["attn_mask"] = full([2, 2], float.NegativeInfinity);

        Assert.Equal(32, Table()["visual.ln_post.bias"].Values.Length);
    }

    [Fact]
    public void Item_WithAValueThatIsNotFinite_NamesThePlace()
    {
        float[] values = new float[32];
        values[7] = float.NaN;
        _weights["visual.class_embedding"] = tensor(values);

        Assert.Contains("'visual.class_embedding' holds NaN at place 7 of [32]", Message(() => Table()["visual.class_embedding"]), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _model.Dispose();
        _scope.Dispose();
    }

    private static string Message(Func<object> action) => Assert.Throws<ArgumentException>(action).Message;

    private WeightTable Table() => new(_model.Architecture, _weights);
}
