namespace Microsoft.ML.Clip;

/// <summary>A product with a constant matrix in an ONNX graph, x · W, whichever operator the exporter or a quantiser chose for it.</summary>
/// <param name="Input">The tensor x, in floating point.</param>
/// <param name="InputWidth">The rows of W, if known.</param>
/// <param name="OutputWidth">The columns of W, if known.</param>
/// <param name="HasBias">Whether something is added to the product.</param>
internal sealed record LinearMap(string Input, int? InputWidth, int? OutputWidth, bool HasBias)
{
    private const int MaximumWeightSteps = 4;

    /// <summary>The linear map that a tensor is the result of, or null.</summary>
    public static LinearMap? Find(OnnxGraph graph, string tensor) => graph.Producer(tensor) switch
    {
        { Operation: "Add", Inputs: [var a, var b] } => WithBias(graph, a, b) ?? WithBias(graph, b, a),
        _ => Product(graph, tensor),
    };

    private static LinearMap? Product(OnnxGraph graph, string tensor) => graph.Producer(tensor) switch
    {
        { Operation: "MatMul" or "FusedMatMul", Inputs: [var x, var w] } node => Product(graph, x, w, node.Numbers.GetValueOrDefault("transB") == 1, hasBias: false),
        { Operation: "Gemm" } node => Product(graph, node.Input(0), node.Input(1), node.Numbers.GetValueOrDefault("transB") == 1, node.HasInput(2)),
        // Weights of 4 or 8 bits, the input in floating point (com.microsoft).
        { Operation: "MatMulNBits" } node => new LinearMap(node.Input(0), Whole(node, "K"), Whole(node, "N"), node.HasInput(5)),
        { Operation: "DynamicQuantizeMatMul" } node => Product(graph, node.Input(0), node.Input(1), transposed: false, node.HasInput(4)),
        // The input quantised on the fly: x -> DynamicQuantizeLinear -> MatMulInteger -> Cast -> Mul by both scales.
        { Operation: "MatMulIntegerToFloat" } node => Quantized(graph, node, node.HasInput(6)),
        { Operation: "Mul", Inputs: [var a, var b] } => Dequantized(graph, a) ?? Dequantized(graph, b),
        _ => null,
    };

    private static LinearMap? Product(OnnxGraph graph, string input, string weights, bool transposed, bool hasBias)
    {
        if (Matrix(graph, weights) is not var (rows, columns))
        {
            return null;
        }
        return transposed ? new LinearMap(input, columns, rows, hasBias) : new LinearMap(input, rows, columns, hasBias);
    }

    private static LinearMap? WithBias(OnnxGraph graph, string product, string bias) =>
        graph.Initializers.ContainsKey(bias) && Product(graph, product) is { } map ? map with { HasBias = true } : null;

    private static LinearMap? Dequantized(OnnxGraph graph, string tensor) =>
        graph.Producer(tensor) is { Operation: "Cast" } cast && graph.Producer(cast.Input(0)) is { Operation: "MatMulInteger" } node
            ? Quantized(graph, node, hasBias: false) : null;

    private static LinearMap? Quantized(OnnxGraph graph, OnnxNode node, bool hasBias) =>
        graph.Producer(node.Input(0)) is { Operation: "DynamicQuantizeLinear" } quantize ? Product(graph, quantize.Input(0), node.Input(1), transposed: false, hasBias) : null;

    /// <summary>The rows and columns of a constant, as the operator sees it.</summary>
    private static (int Rows, int Columns)? Matrix(OnnxGraph graph, string tensor, int steps = MaximumWeightSteps) =>
        graph.Initializers.TryGetValue(tensor, out var constant)
            ? constant.Dimensions is [var rows and > 0 and <= int.MaxValue, var columns and > 0 and <= int.MaxValue] ? ((int)rows, (int)columns) : null
            : steps == 0 ? null : graph.Producer(tensor) switch
            {
                { Operation: "DequantizeLinear" or "Cast" or "Identity" } node => Matrix(graph, node.Input(0), steps - 1),
                { Operation: "Transpose" } node when Matrix(graph, node.Input(0), steps - 1) is var (r, c) => (c, r),
                _ => null,
            };

    private static int? Whole(OnnxNode node, string name) =>
        node.Numbers.TryGetValue(name, out double value) && value is > 0 and <= int.MaxValue ? (int)value : null;
}
