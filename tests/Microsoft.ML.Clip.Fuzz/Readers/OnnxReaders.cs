using System.Text;
using Microsoft.ML.Clip.Tests;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>ONNX files, and model directories up to where ONNX Runtime would be asked.</summary>
internal static class OnnxReaders
{
    private const string Name = "onnx/model.onnx", Data = "model.onnx_data";

    private static readonly ProtobufFormat Format = new();
    private static readonly byte[] Weights = [.. Enumerable.Range(0, 4096).Select(i => (byte)(i & 63))];

    // What is read before ONNX Runtime sees a file, and what is written for it.
    public static Reader Graph { get; } = new("onnx", Format, GraphSeeds, ReadGraph)
    {
        Sources = ["Microsoft.ML.Clip/Onnx/Graph/", "Microsoft.ML.Clip/Model/LogitScaleFinder.cs"],
        IsDocumented = e => e is InvalidDataException or FileNotFoundException,
    };

    public static Reader Model { get; } = new("model", new BundleFormat(FormatOf), ModelSeeds, ReadModel)
    {
        Sources =
        [
            "Microsoft.ML.Clip/Model/GraphFit.cs", "Microsoft.ML.Clip/Model/LogitScaleFinder.cs", "Microsoft.ML.Clip/Model/ClipModelLayout.cs",
            "Microsoft.ML.Clip/Model/Encoders/ClipTowers.cs", "Microsoft.ML.Clip/Model/Encoders/ClipJointOutput.cs", "Microsoft.ML.Clip/Files/ModelFiles.cs",
        ],
        IsDocumented = e => e is InvalidDataException or FileNotFoundException or NotSupportedException,
        MaximumLength = 1 << 18,
        MaximumAllocation = 512 << 20,
        Share = 4_000,
    };

    private static IEnumerable<byte[]> GraphSeeds()
    {
        TinyClipOptions[] kinds =
        [
            new(), new() { Combined = true, RecordedLogitScale = "12.5" }, new() { Float16 = true, Int32Ids = true, AttentionMask = true },
            new() { ExternalData = true, ExternalDataLocation = Data }, new() { Immich = true, StaticBatch = 2, StaticSequence = true },
            new() { PoolAtEndToken = true, ProjectionBias = true, UnusedWeights = true },
        ];
        foreach (var (name, bytes) in kinds.SelectMany(k => Inputs.TinyModel(k)))
        {
            if (name.EndsWith(".onnx", StringComparison.Ordinal))
            {
                yield return bytes;
            }
        }
        yield return new TinyOnnx().Input("x", TinyOnnx.Float, "n", 4).Output("y", TinyOnnx.Float, "n", 4).Node("If", ["c"], ["y"]).ToBytes();
        yield return WithInnerGraph();
        foreach (byte[] attack in Inputs.Attacks(1 << 16, ".onnx"))
        {
            yield return attack;
        }
        yield return Encoding.ASCII.GetBytes("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
        yield return Encoding.ASCII.GetBytes("<!DOCTYPE html><html></html>");
    }

    /// <summary>A node with a graph and tensors in its attributes.</summary>
    private static byte[] WithInnerGraph()
    {
        var inner = new ProtobufWriter().Message(1, n => n.String(1, "x").String(2, "z").String(4, "Identity")).Message(12, v => v.String(1, "z"))
            .Message(5, t => t.Int(1, 1).Int(2, 1).String(8, "one").Bytes(9, BitConverter.GetBytes(1f)));
        var graph = new ProtobufWriter()
            .Message(1, n => n.String(1, "c").String(2, "y").String(4, "If").Message(5, a => a.String(1, "then_branch").Bytes(6, inner.ToArray()))
                .Message(5, a => a.String(1, "else_branch").Bytes(6, inner.ToArray())))
            .Message(1, n => n.String(2, "s").String(4, "Constant").Message(5, a => a.String(1, "value")
                .Message(5, t => t.Int(1, 1).Int(2, 1).String(8, "one").Message(13, e => e.String(1, "location").String(2, Data)).Int(14, 1))))
            .Message(11, v => v.String(1, "x")).Message(12, v => v.String(1, "y"));
        return new ProtobufWriter().Int(1, 8).Bytes(7, graph.ToArray()).ToArray();
    }

    private static void ReadGraph(byte[] input)
    {
        var files = Inputs.Files(new Dictionary<string, byte[]> { [Name] = input, ["onnx/" + Data] = Weights });
        var graph = OnnxGraphReader.Read(files, Name);
        string? output = graph.Outputs.Count > 0 ? graph.Outputs[0].Name : null;
        _ = LogitScaleFinder.InGraph(files, graph, graph.Outputs.Select(o => o.Name).Take(4));
        foreach (var value in graph.Outputs.Take(4))
        {
            _ = LinearMap.Find(graph, value.Name);
            _ = value.ToString();
        }
        _ = LogitScaleFinder.InMetadata(graph);
        _ = OnnxExternalData.Files(files, graph);
        byte[] cut = GraphFile.Write(GraphFile.Draft(files, graph, output, optimize: true), inlineExternalData: true);
        // What was written is what ONNX Runtime reads.
        if (output is null || graph.Producer(output) is not null)
        {
            _ = OnnxGraphReader.Read(Inputs.Files(new Dictionary<string, byte[]> { [Name] = cut }), Name);
        }
    }

    private static IFormat? FormatOf(string name) => name.EndsWith(".onnx", StringComparison.Ordinal) ? Format
        : name.EndsWith(".json", StringComparison.Ordinal) ? JsonReaders.Format : null;

    private static IEnumerable<byte[]> ModelSeeds()
    {
        TinyClipOptions[] kinds =
            [new(), new() { Combined = true, RecordedLogitScale = "12.5" }, new() { Immich = true }, new() { ExternalData = true, PoolAtEndToken = true }];
        return kinds.Select(k => BundleFormat.Write(Inputs.TinyModel(k)));
    }

    private static void ReadModel(byte[] input)
    {
        using var model = ClipModel.Load(Inputs.Files(BundleFormat.Read(input)), new());
        Inputs.Require(model.LogitScale is > 0 and < float.PositiveInfinity, $"The logit scale is {model.LogitScale}.");
        if (model.HasTextEncoder)
        {
            Inputs.Require(model.ContextLength > 0, $"The context length is {model.ContextLength}.");
        }
        if (model.HasImageEncoder)
        {
            Inputs.Require(model.ImageSize > 0, $"The image size is {model.ImageSize}.");
        }
    }
}
