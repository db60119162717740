using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Makes one operation of a product with a matrix and the vector that is added to it, x · W + b, as ONNX's Gemm has it: without it the vector is added in a
/// pass of its own over what the product wrote. ONNX Runtime does so by itself where x is a matrix; a transformer's is [batch, tokens, width].
/// </summary>
internal sealed class BiasedProduct
{
    private const int Rank = 3;

    private readonly GraphDraft _draft;
    private readonly DraftShapes _shapes;
    private readonly Dictionary<string, (string Matrix, string Shape)> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, long), string> _lists = [];

    private BiasedProduct(GraphDraft draft) => (_draft, _shapes) = (draft, new DraftShapes(draft));

    /// <summary>Joins the products of a graph with what is added to them.</summary>
    /// <returns>Whether there were any.</returns>
    public static bool Join(GraphDraft draft)
    {
        var joining = new BiasedProduct(draft);
        // All are found before the first is changed: what is written then tells less of shapes.
        var sums = draft.Nodes.Select(joining.Find).OfType<BiasedSum>().ToList();
        sums.ForEach(joining.Join);
        if (sums.Count > 0)
        {
            draft.Sweep();
        }
        return sums.Count > 0;
    }

    private BiasedSum? Find(DraftNode add)
    {
        if (!add.Is("Add") || add.Inputs is not [var first, var second])
        {
            return null;
        }
        var (product, bias) = _draft.Constants.ContainsKey(second) ? (first, second) : (second, first);
        return _draft.Producer(product) is { } node && node.Is("MatMul") && _draft.IsReadOnce(product) && Width(node.Input(1)) is var (inputs, outputs)
            && IsVector(bias, outputs) && _shapes.Rank(node.Input(0)) == Rank ? new BiasedSum(add, node, bias, inputs, outputs) : null;
    }

    private void Join(BiasedSum sum)
    {
        var (matrix, shape) = AsMatrix(sum.Product.Input(0), sum.Inputs, sum.Add);
        string result = _draft.NewName(sum.Product.Outputs[0] + "_matrix");
        _draft.Insert(new DraftNode("Gemm", [matrix, sum.Product.Input(1), sum.Bias], [result]), before: sum.Add);
        _draft.Replace(sum.Add, new DraftNode("Reshape", [result, ShapeOf(shape, sum.Outputs, sum.Add)], sum.Add.Outputs));
    }

    private (long Inputs, long Outputs)? Width(string weights) => _draft.Constants.TryGetValue(weights, out var constant)
        && constant is { ElementType: TensorElementType.Float, Dimensions: [var rows, var columns] } ? (rows, columns) : null;

    private bool IsVector(string tensor, long length) => _draft.Constants.TryGetValue(tensor, out var constant)
        && constant is { ElementType: TensorElementType.Float, Dimensions: [var only] } && only == length;

    /// <summary>A tensor [batch, tokens, width] as [batch · tokens, width], and the list [batch, tokens]; one for all who read it.</summary>
    private (string Matrix, string Shape) AsMatrix(string tensor, long width, DraftNode before)
    {
        if (!_rows.TryGetValue(tensor, out var found))
        {
            found = (_draft.NewName(tensor + "_as_matrix"), _draft.NewName(tensor + "_batch_tokens"));
            _rows.Add(tensor, found);
            _draft.Insert(new DraftNode("Reshape", [tensor, List("matrix_of", -1, width)], [found.Matrix]), before);
            string shape = _draft.NewName(tensor + "_shape");
            _draft.Insert(new DraftNode("Shape", [tensor], [shape]), before);
            _draft.Insert(new DraftNode("Gather", [shape, List("first_axes", 0, 1)], [found.Shape]), before);
        }
        return found;
    }

    private string ShapeOf(string batchAndTokens, long width, DraftNode before)
    {
        if (!_lists.TryGetValue((batchAndTokens, width), out string? shape))
        {
            _lists.Add((batchAndTokens, width), shape = _draft.NewName($"{batchAndTokens}_{width}"));
            _draft.Insert(new DraftNode("Concat", [batchAndTokens, List("width", width)], [shape], "", [DraftAttribute.Of("axis", 0L)]), before);
        }
        return shape;
    }

    private string List(string stem, params ReadOnlySpan<long> values)
    {
        if (!_lists.TryGetValue((stem, values[^1]), out string? name))
        {
            _lists.Add((stem, values[^1]), name = _draft.AddList($"{stem}_{values[^1]}", values));
        }
        return name;
    }

    /// <summary>x · W + b.</summary>
    private sealed record BiasedSum(DraftNode Add, DraftNode Product, string Bias, long Inputs, long Outputs);
}
