using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>
/// What ONNX Runtime writes down of a session's runs: a list of events, of which those of the kind "Node" tell operation, shapes and bytes of weights.
/// </summary>
internal static class SessionProfile
{
    // More inputs than any operation of a tower has, but for Concat, which has no weights.
    private const int MaximumInputs = 16;

    /// <summary>Counts one image of a file; <see langword="null"/> if the session never ran.</summary>
    public static ClipCompute? Read(string file)
    {
        using var profile = JsonDocument.Parse(File.ReadAllText(file));
        return Count(profile.RootElement);
    }

    internal static ClipCompute? Count(JsonElement events)
    {
        var nodes = events.EnumerateArray().Where(e => Text(e, "cat") == "Node" && e.GetProperty("args").TryGetProperty("output_type_shape", out _))
            .Select(e => Node(e.GetProperty("args"))).ToArray();
        int runs = events.EnumerateArray().Count(e => Text(e, "name") == "model_run");
        if (nodes.Length == 0 || runs == 0)
        {
            return null;
        }
        // The first convolution tells how many images a run has, where the graph fixes that.
        long images = nodes.FirstOrDefault(n => n.Operation.Contains("Conv", StringComparison.Ordinal))?.Inputs[0].Shape[0] ?? 1;
        ClipOperationCount[] operations = [.. nodes.GroupBy(n => n.Operation, StringComparer.Ordinal)
            .Select(g => new ClipOperationCount(g.Key, g.Count() / runs, g.Sum(n => OperationCost.MultiplyAdds(n) ?? 0) / runs / images,
                g.Sum(n => n.Parameters) / runs))
            .OrderByDescending(o => o.MultiplyAdds).ThenByDescending(o => o.Parameters).ThenBy(o => o.Operation, StringComparer.Ordinal)];
        return new ClipCompute
        {
            Parameters = operations.Sum(o => o.Parameters),
            MultiplyAdds = operations.Sum(o => o.MultiplyAdds),
            Operations = operations,
            Unknown = [.. nodes.Where(n => OperationCost.MultiplyAdds(n) is null).Select(n => n.Operation).Distinct().Order(StringComparer.Ordinal)],
        };
    }

    private static ProfiledNode Node(JsonElement args)
    {
        var inputs = Tensors(args, "input_type_shape");
        long bytes = long.Parse(Text(args, "parameter_size") is { Length: > 0 } size ? size : "0", CultureInfo.InvariantCulture);
        return new(Text(args, "op_name"), inputs, Tensors(args, "output_type_shape"), Weights(inputs, bytes));
    }

    /// <summary>
    /// How many weights an operation reads: of those inputs that make up the bytes of its constants, the last ones, as weights stand behind what they act
    /// on.
    /// </summary>
    private static long Weights(ProfiledTensor[] inputs, long bytes)
    {
        if (bytes == 0 || inputs.Length > MaximumInputs)
        {
            return 0;
        }
        for (int chosen = 1 << inputs.Length; --chosen > 0;)
        {
            var constants = inputs.Where((_, i) => (chosen >> i & 1) != 0);
            if (constants.Sum(c => c.Bytes) == bytes)
            {
                return constants.Where(c => c.IsWeight && c.Count > 1).Sum(c => c.Count);
            }
        }
        return 0;
    }

    private static ProfiledTensor[] Tensors(JsonElement args, string name) => !args.TryGetProperty(name, out var list) ? []
        : [.. list.EnumerateArray().SelectMany(t => t.EnumerateObject())
            .Select(t => new ProfiledTensor(t.Name, [.. t.Value.EnumerateArray().Select(d => d.GetInt64())]))];

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value)
        ? value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText() : "";
}

/// <summary>A tensor that an operation read or wrote.</summary>
internal sealed record ProfiledTensor(string Type, long[] Shape)
{
    public long Count => Shape.Aggregate(1L, (product, d) => product * d);

    public long Bytes => Count * Type switch
    {
        "double" or "int64" or "uint64" => 8,
        "float16" or "bfloat16" or "int16" or "uint16" => 2,
        "int8" or "uint8" or "bool" => 1,
        _ => 4,
    };

    /// <summary>Shapes and places are whole numbers, and no weights; 8 bits are quantised ones.</summary>
    public bool IsWeight => Type is "float" or "double" or "float16" or "bfloat16" or "int8" or "uint8";
}

/// <summary>An operation that ran.</summary>
internal sealed record ProfiledNode(string Operation, ProfiledTensor[] Inputs, ProfiledTensor[] Outputs, long Parameters);
