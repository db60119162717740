using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Rewrites the int8 weights of an export the usual way.</summary>
internal static class Dequantization
{
    private const int Int8 = 3;

    /// <summary>Replaces Cast and Mul of an int8 constant by DequantizeLinear.</summary>
    public static void Introduce(GraphProto graph)
    {
        var constants = graph.Initializer.ToDictionary(t => t.Name);
        var casts = graph.Node.Where(n => n.OpType == "Cast" && constants.TryGetValue(n.Input[0], out var t) && t.DataType == Int8).ToDictionary(n => n.Output[0]);
        foreach (var node in graph.Node.Where(n => n.OpType == "Mul" && casts.ContainsKey(n.Input[0])).ToList())
        {
            var scale = constants[node.Input[1]];
            long axis = scale.Dims.ToList().FindIndex(d => d > 1);
            long count = scale.Dims.Max();
            scale.Dims.Clear();
            scale.Dims.Add(count);
            node.OpType = "DequantizeLinear";
            node.Input[0] = casts[node.Input[0]].Input[0];
            node.Attribute.Add(new AttributeProto { Name = "axis", I = axis, Type = AttributeProto.Types.AttributeType.Int });
        }
        foreach (var cast in casts.Values)
        {
            graph.Node.Remove(cast);
        }
    }
}
