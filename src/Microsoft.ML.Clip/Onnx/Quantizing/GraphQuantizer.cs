using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Writes a graph with its products in 8 bits. First it looks at what goes through the graph in float (<see cref="Calibrate"/>), then it writes as often as one
/// likes, with these or those layers left in float. The same file, inputs and settings give the same bytes.
/// </summary>
/// <param name="files">The files of the model.</param>
/// <param name="graph">The graph.</param>
/// <param name="settings">What is asked for.</param>
/// <param name="inputs">What calibration runs on: the named inputs of each run, made anew each time they are asked for.</param>
/// <param name="outputs">The tensors whose cosine between float and 8 bits tells how good the result is; the last axis is a vector.</param>
internal sealed class GraphQuantizer(ModelFiles files, OnnxGraph graph, GraphQuantizationSettings settings, Func<IEnumerable<OnnxInputs>> inputs,
    IReadOnlyList<string> outputs)
{
    private readonly List<LinearPlan> _plans = [];
    private readonly Dictionary<string, TensorPlan> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _work = new(StringComparer.Ordinal);
    private readonly List<float[]> _expected = [];

    /// <summary>
    /// The products and convolutions that can be put in 8 bits, by name, each kind in the order of the graph; none where all is in 8 bits already.
    /// </summary>
    public IReadOnlyList<(string Name, long Weights)> Layers { get; private set; } = [];

    /// <summary>Runs the graph in float and looks at the inputs of all its products, and at what goes through its convolutions.</summary>
    /// <param name="cancellation">Ends it between two runs.</param>
    /// <exception cref="InvalidDataException">A tensor is not a number.</exception>
    public void Calibrate(CancellationToken cancellation)
    {
        var draft = Draft();
        var convolutions = Convolutions(draft);
        var groups = LinearGroups.Find(draft, convolutions);
        var network = ByteNetwork.Of(draft, convolutions);
        if (groups.Count + convolutions.Count == 0)
        {
            return;
        }
        Layers = [.. groups.Select(g => (g.Name, g.Size)), .. convolutions.Select(c => (c.Output, c.Size))];
        // A product's input may be an image, too: of 1 x 1.
        var rows = groups.Select(g => g.Input).Distinct().Select((input, i) => (input, i))
            .ToDictionary(t => t.input, t => new ActivationStatistics(groups.First(g => g.Input == t.input).Width, (ulong)t.i), StringComparer.Ordinal);
        var images = new Dictionary<string, ImageStatistics>(StringComparer.Ordinal);
        foreach (string tensor in rows.Keys.Concat(network.Tensors).Concat(outputs))
        {
            draft.GiveOut(tensor);
        }
        using (var session = OpenInMemory(draft))
        {
            Observe(session, rows, network.Tensors, images, cancellation);
        }
        var plain = Draft();
        foreach (var group in groups)
        {
            cancellation.ThrowIfCancellationRequested();
            _plans.Add(LinearPlan.Make(plain, group, rows[group.Input], settings));
            _work[group.Name] = group.Size * rows[group.Input].Count;
        }
        foreach (var (tensor, plan) in TensorPlan.Make(network, tensor => images[tensor]))
        {
            _tensors.Add(tensor, plan);
        }
        foreach (var convolution in convolutions)
        {
            _work[convolution.Output] = convolution.Size * images[convolution.Output].Count;
        }
    }

    /// <summary>Writes the graph in 8 bits.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="inFloat">The names of layers that stay in float.</param>
    /// <param name="metadata">Entries to add to those of the file.</param>
    public void Write(Stream stream, IReadOnlySet<string> inFloat, params IEnumerable<KeyValuePair<string, string>> metadata)
    {
        const int ModelMetadata = 14, Key = 1, Value = 2;
        var draft = Draft();
        var rewriter = new LinearRewriter(draft, settings);
        var convolutions = Convolutions(draft);
        var groups = LinearGroups.Find(draft, convolutions);
        new ConvolutionRewriter(draft, settings, _tensors).Apply(ByteNetwork.Of(draft, convolutions.Where(c => !inFloat.Contains(c.Output))));
        foreach (var (group, plan) in groups.Zip(_plans))
        {
            if (!inFloat.Contains(group.Name))
            {
                rewriter.Apply(group, plan);
            }
        }
        if (settings.QuantizesTokens)
        {
            TokenTables.Rewrite(draft);
        }
        draft.Sweep();
        using var source = files.OpenRead(graph.FileName);
        using var output = ProtobufOutput.To(stream);
        draft.Write(output, source, WriteOriginal(source, places: null));
        foreach (var (key, value) in metadata)
        {
            using var entry = new ProtobufOutput();
            entry.Bytes(Key, Encoding.UTF8.GetBytes(key));
            entry.Bytes(Value, Encoding.UTF8.GetBytes(value));
            output.Bytes(ModelMetadata, entry.ToArray());
        }
    }

    /// <summary>The cosines between float and 8 bits, one for each vector of the outputs on the calibration inputs.</summary>
    /// <param name="path">What <see cref="Write"/> wrote.</param>
    /// <param name="cancellation">Ends it between two runs.</param>
    public IReadOnlyList<double> Cosines(string path, CancellationToken cancellation)
    {
        var cosines = new List<double>();
        using var session = OnnxNativeRuntime.Require(() => new InferenceSession(path, Options()));
        int at = 0;
        Run(session, outputs, cancellation, (index, values, shape) =>
        {
            float[] expected = _expected[at++];
            int width = (int)shape[^1];
            for (int i = 0; i + width <= expected.Length; i += width)
            {
                cosines.Add(TensorPrimitives.CosineSimilarity(expected.AsSpan(i, width), values.Slice(i, width)));
            }
        });
        return cosines;
    }

    /// <summary>
    /// Chooses layers to be left in float until the mean cosine is as wanted: in each round each candidate is measured with it alone brought back, once;
    /// then they are brought back in the order of what they give for their part of all weights or of all products, whichever is larger: the first layers of a
    /// convolutional network have few weights, and much to do.
    /// </summary>
    /// <param name="target">The mean cosine wanted.</param>
    /// <param name="largestShare">How much of all weights, and of all products, may stay in float.</param>
    /// <param name="path">Where files may be written meanwhile.</param>
    /// <param name="progress">Told of each measurement.</param>
    /// <param name="cancellation">Ends it.</param>
    public IReadOnlySet<string> ChooseFloat(double target, double largestShare, string path, Action<string> progress, CancellationToken cancellation)
    {
        var chosen = new HashSet<string>(StringComparer.Ordinal);
        double now = Layers.Count == 0 ? 1 : Measure(chosen);
        if (now >= target)
        {
            return chosen;
        }
        double weights = Layers.Sum(l => (double)l.Weights), work = _work.Values.Sum(w => (double)w), spentWeights = 0, spentWork = 0;
        var gains = new List<(string Name, double Weights, double Work, double Gain)>();
        foreach (var (name, own) in Layers)
        {
            double gain = Measure(new HashSet<string>([name], StringComparer.Ordinal)) - now;
            progress($"'{name}' in float: cosine {now + gain:F5}");
            gains.Add((name, own / weights, _work[name] / work, gain));
        }
        foreach (var layer in gains.Where(g => g.Gain > 0).OrderByDescending(g => g.Gain / Math.Max(g.Weights, g.Work))
            .ThenBy(g => g.Name, StringComparer.Ordinal))
        {
            if (spentWeights + layer.Weights > largestShare || spentWork + layer.Work > largestShare)
            {
                continue;
            }
            chosen.Add(layer.Name);
            spentWeights += layer.Weights;
            spentWork += layer.Work;
            now = Measure(chosen);
            progress($"{chosen.Count} in float: cosine {now:F5}");
            if (now >= target)
            {
                break;
            }
        }
        return chosen;

        double Measure(IReadOnlySet<string> inFloat)
        {
            cancellation.ThrowIfCancellationRequested();
            using (var stream = File.Create(path))
            {
                Write(stream, inFloat);
            }
            double mean = Cosines(path, cancellation).Average();
            // NaN is the worst.
            return mean >= -1 ? mean : -1;
        }
    }

    /// <summary>
    /// The graph in float; what its last block computes of tokens that nobody reads is left out, as it could not be behind a scale for all tokens.
    /// </summary>
    private GraphDraft Draft()
    {
        var draft = new GraphDraft(files, graph);
        RowSelection.Move(draft);
        if (!settings.IsDynamic && draft.Nodes.Any(node => node.Is("Conv")))
        {
            OperatorUpgrade.Apply(draft);
        }
        return draft;
    }

    /// <summary>The convolutions that can be put in 8 bits: with fixed scales, as what they give is bytes as well.</summary>
    private IReadOnlyList<QuantizableConvolution> Convolutions(GraphDraft draft) =>
        settings.IsDynamic || draft.OperatorVersion() is null or < ConvolutionRewriter.LeastVersion ? [] : QuantizableConvolution.All(draft);

    private void Observe(InferenceSession session, IReadOnlyDictionary<string, ActivationStatistics> rows, IReadOnlyCollection<string> imageTensors,
        Dictionary<string, ImageStatistics> images, CancellationToken cancellation)
    {
        string[] tensors = [.. rows.Keys.Concat(imageTensors).Concat(outputs).Distinct()];
        Run(session, tensors, cancellation, (index, values, shape) =>
        {
            string tensor = tensors[index];
            if (outputs.Contains(tensor))
            {
                _expected.Add(values.ToArray());
            }
            try
            {
                rows.GetValueOrDefault(tensor)?.Add(values);
                if (imageTensors.Contains(tensor))
                {
                    if (!images.TryGetValue(tensor, out var seen))
                    {
                        images.Add(tensor, seen = new ImageStatistics((int)shape[1]));
                    }
                    seen.Add(values, (int)(shape[2] * shape[3]));
                }
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"The tensor '{tensor}' of {graph.Description} cannot be quantised: {e.Message}.", e);
            }
        });
    }

    private void Run(InferenceSession session, IReadOnlyList<string> tensors, CancellationToken cancellation, Taker take)
    {
        string[] names = [.. session.InputNames];
        foreach (var batch in inputs())
        {
            using (batch)
            {
                cancellation.ThrowIfCancellationRequested();
                using var call = ExitGate.Shared.Begin();
                using var run = new RunOptions();
                try
                {
                    using var results = session.Run(run, names, [.. names.Select(name => batch.Values[name])], tensors);
                    for (int i = 0; i < tensors.Count; i++)
                    {
                        take(i, Floats(results[i]), results[i].GetTensorTypeAndShape().Shape);
                    }
                }
                catch (OnnxRuntimeException e)
                {
                    throw new InvalidOperationException($"ONNX Runtime could not run {graph.Description} to calibrate it: {e.Message}", e);
                }
            }
        }
    }

    private delegate void Taker(int index, ReadOnlySpan<float> values, long[] shape);

    private static ReadOnlySpan<float> Floats(OrtValue value)
    {
        if (value.GetTensorTypeAndShape().ElementDataType == TensorElementType.Float)
        {
            return value.GetTensorDataAsSpan<float>();
        }
        var halves = MemoryMarshal.Cast<Float16, Half>(value.GetTensorDataAsSpan<Float16>());
        float[] floats = new float[halves.Length];
        TensorPrimitives.ConvertToSingle(halves, floats);
        return floats;
    }

    /// <summary>Opens a draft of the graph in float. Weights outside the file stay there where they have one place.</summary>
    private InferenceSession OpenInMemory(GraphDraft draft)
    {
        // kOrtSessionOptionsModelExternalInitializersFileFolderPath.
        const string ExternalDataFolder = "session.model_external_initializers_file_folder_path";
        using var options = Options();
        var places = graph.ExternalLocations.Count > 0 ? OnnxExternalData.RealPlaces(files, graph) : null;
        if (places is { } place)
        {
            options.AddSessionConfigEntry(ExternalDataFolder, place.Folder);
        }
        else if (graph.ExternalLocations.Count > 0)
        {
            OnnxExternalTensors.RequireOwnData(files, graph);
        }
        using var source = files.OpenRead(graph.FileName);
        byte[] bytes = ProtobufOutput.ToExactArray(result => draft.Write(result, source, WriteOriginal(source, places?.Names)), graph.Description);
        try
        {
            return OnnxNativeRuntime.Require(() => new InferenceSession(bytes, options));
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"ONNX Runtime cannot open {graph.Description} to calibrate it: {e.Message}", e);
        }
    }

    private static SessionOptions Options() => OnnxNativeRuntime.Require(() => new SessionOptions
    {
        LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        EnableCpuMemArena = false,
    });

    /// <summary>Writes constants of the file: as they stand, or, where their data lie elsewhere, with the data or another name for the place.</summary>
    private Func<OnnxTensor, ProtobufOutput, bool> WriteOriginal(Stream source, IReadOnlyDictionary<string, string>? places)
    {
        var external = new OnnxExternalTensors(files, graph, source, places);
        return (tensor, result) =>
        {
            if (tensor.ExternalData is null)
            {
                return false;
            }
            external.WriteInitializer(tensor, result);
            return true;
        };
    }
}
