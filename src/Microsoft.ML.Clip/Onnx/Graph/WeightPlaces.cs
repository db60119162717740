using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>The values of a tensor as a range of a file, just as memory holds them.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="File">The file's name in the folder of all.</param>
/// <param name="Start">Where the range begins.</param>
/// <param name="Length">Its length, which is that of the tensor.</param>
internal sealed record PlacedTensor(OnnxTensor Tensor, string File, long Start, long Length);

/// <summary>A graph without its large weights, which are references into files.</summary>
/// <param name="Bytes">The ONNX file; its large initializers are external data of <paramref name="Folder"/>.</param>
/// <param name="Folder">The folder of the files.</param>
/// <param name="Tensors">The initializers that are references.</param>
/// <param name="Stamps">What the files were when their places were read, where that is known.</param>
internal sealed record PlacedGraph(byte[] Bytes, string Folder, IReadOnlyList<PlacedTensor> Tensors, IReadOnlyDictionary<string, FileStamp> Stamps);

/// <summary>
/// Where the large initializers of a graph lie on disk: in the ONNX file itself, whatever its format says of weights inside and outside, or beside it. A graph
/// that refers to them is kilobytes.
/// </summary>
internal sealed class WeightPlaces
{
    /// <summary>From how many bytes on an initializer is worth a reference.</summary>
    public const int LeastBytes = 64 << 10;

    private const int TensorRawData = 9, TensorExternalData = 13, TensorDataLocation = 14, External = 1;

    private readonly Dictionary<OnnxTensor, PlacedTensor> _places;

    private WeightPlaces(string folder, IReadOnlyDictionary<string, string> names, Dictionary<OnnxTensor, PlacedTensor> places,
        Dictionary<string, FileStamp> stamps) =>
        (Folder, Names, _places, Stamps) = (folder, names, places, stamps);

    /// <summary>The folder in which all files really lie, past links.</summary>
    public string Folder { get; }

    /// <summary>The names of the files of external data there, by the locations that stand in the graph.</summary>
    public IReadOnlyDictionary<string, string> Names { get; }

    /// <summary>What the files were when they were read.</summary>
    public IReadOnlyDictionary<string, FileStamp> Stamps { get; }

    /// <summary>Finds the places; null where there are none to refer to: in memory, in several folders, or of small graphs.</summary>
    /// <exception cref="InvalidDataException">A range is not in its file.</exception>
    public static WeightPlaces? Find(ModelFiles files, OnnxGraph graph)
    {
        if (!MappedFile.IsAllowed || !BitConverter.IsLittleEndian || files.PhysicalPath(graph.FileName) is not { } path)
        {
            return null;
        }
        string real = OnnxExternalData.RealPath(path), folder = Path.GetDirectoryName(real)!;
        IReadOnlyDictionary<string, string> names = new Dictionary<string, string>();
        if (graph.ExternalLocations.Count > 0)
        {
            if (OnnxExternalData.RealPlaces(files, graph) is not { } beside || beside.Folder != folder)
            {
                return null;
            }
            names = beside.Names;
        }
        var stamps = new Dictionary<string, FileStamp>(StringComparer.Ordinal);
        var lengths = new Dictionary<string, long>(StringComparer.Ordinal);
        if (graph.Stamp is { } stamp)
        {
            stamps[Path.GetFileName(real)] = stamp;
        }
        var places = new Dictionary<OnnxTensor, PlacedTensor>(ReferenceEqualityComparer.Instance);
        var copied = CopiedWeights(graph);
        foreach (var tensor in graph.Initializers.Values.Where(t => !copied.Contains(t.Name)))
        {
            if (Place(files, graph, tensor, Path.GetFileName(real), names, lengths) is { } place && IsUsable(place))
            {
                places[tensor] = place;
            }
        }
        return places.Count == 0 ? null : new WeightPlaces(folder, names, places, stamps);
    }

    /// <summary>Where an initializer lies; null if it has to be copied.</summary>
    public PlacedTensor? Of(OnnxTensor tensor) => _places.GetValueOrDefault(tensor);

    /// <summary>Writes an initializer as a reference to its place: the content of a TensorProto.</summary>
    /// <param name="source">The ONNX file that the tensor was read from.</param>
    /// <param name="place">Its place.</param>
    /// <param name="output">Where it is written.</param>
    public static void Write(Stream source, PlacedTensor place, ProtobufOutput output)
    {
        var reader = new ProtobufReader(source);
        var field = place.Tensor.Field;
        for (long at = field.Start; reader.TryRead(ref at, field.End, out var inner);)
        {
            if (inner.Number is not (TensorRawData or TensorExternalData or TensorDataLocation))
            {
                output.Copy(source, inner.Begin, inner.End);
            }
        }
        Entry("location", place.File);
        Entry("offset", place.Start.ToString(CultureInfo.InvariantCulture));
        Entry("length", place.Length.ToString(CultureInfo.InvariantCulture));
        output.Number(TensorDataLocation, External);

        void Entry(string key, string value)
        {
            using var entry = new ProtobufOutput();
            entry.Bytes(1, Encoding.UTF8.GetBytes(key));
            entry.Bytes(2, Encoding.UTF8.GetBytes(value));
            output.Bytes(TensorExternalData, entry.ToArray());
        }
    }

    /// <summary>
    /// The weights of convolutions on bytes, as such or as ONNX Runtime finds them: it rearranges them for each session alone, and refuses to open one that is
    /// given them from outside.
    /// </summary>
    private static HashSet<string> CopiedWeights(OnnxGraph graph) =>
    [
        .. graph.Nodes.Where(n => n.Operation == "QLinearConv").Select(n => n.Input(3)),
        .. graph.Nodes.Where(n => n.Operation == "Conv").Select(n => graph.Producer(n.Input(1))).OfType<OnnxNode>()
            .Where(n => n.Operation == "DequantizeLinear").Select(n => n.Input(0)),
    ];

    private static PlacedTensor? Place(ModelFiles files, OnnxGraph graph, OnnxTensor tensor, string graphFile, IReadOnlyDictionary<string, string> names,
        Dictionary<string, long> lengths)
    {
        if (tensor.ExternalData is { } external)
        {
            string location = external["location"], file = OnnxExternalData.Resolve(files, graph, location);
            if (!lengths.TryGetValue(file, out long fileLength))
            {
                using var stream = files.OpenRead(file);
                lengths[file] = fileLength = stream.Length;
            }
            var (start, end) = OnnxExternalTensors.Range(files, graph, tensor, file, fileLength);
            return new PlacedTensor(tensor, names[location], start, end - start);
        }
        return tensor.RawData is { } data ? new PlacedTensor(tensor, graphFile, data.Start, data.Length) : null;
    }

    /// <summary>Whether a range is the tensor, large, and so placed that every instruction reads it.</summary>
    private static bool IsUsable(PlacedTensor place)
    {
        int size = Size(place.Tensor.ElementType);
        Int128 bytes = size;
        foreach (long axis in place.Tensor.Dimensions)
        {
            bytes = axis > 0 && bytes <= long.MaxValue ? bytes * axis : -1;
        }
        // A protobuf file has its bytes at any address, which x64 reads as fast as others. Elsewhere that is not taken for granted.
        bool isReadable = RuntimeInformation.ProcessArchitecture == Architecture.X64 || (size > 0 && place.Start % size == 0);
        return bytes == place.Length && bytes >= LeastBytes && isReadable;
    }

    private static int Size(TensorElementType type) => type switch
    {
        TensorElementType.Int8 or TensorElementType.UInt8 => 1,
        TensorElementType.Float16 or TensorElementType.BFloat16 or TensorElementType.Int16 or TensorElementType.UInt16 => 2,
        TensorElementType.Float or TensorElementType.Int32 or TensorElementType.UInt32 => 4,
        TensorElementType.Double or TensorElementType.Int64 or TensorElementType.UInt64 => 8,
        _ => 0,
    };
}
