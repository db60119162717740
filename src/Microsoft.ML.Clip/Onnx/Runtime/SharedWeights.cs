using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip;

/// <summary>
/// The weights of one tower, in memory once for all sessions: the values as they lie in the files, mapped, and the copies that ONNX Runtime rearranges for its
/// products of matrices, in one container. Used under the tower's lock; disposed after its sessions.
/// </summary>
internal sealed class SharedWeights : IDisposable
{
    // How long pages that ONNX Runtime has copied from stay with the process. It reads about a gigabyte a second.
    private const int ForgetEveryMilliseconds = 5;

    private readonly Dictionary<string, MappedFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<ValueKey, OrtValue> _values = [];
    private PrePackedWeightsContainer? _packed;

    /// <summary>Opens a session on a graph whose weights are references.</summary>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime cannot open it.</exception>
    /// <exception cref="InvalidDataException">A file is no longer the one that was read.</exception>
    public InferenceSession Open(PlacedGraph graph, SessionOptions options)
    {
        foreach (var tensor in graph.Tensors)
        {
            options.AddInitializer(tensor.Tensor.Name, Value(graph, tensor));
        }
        _packed ??= new PrePackedWeightsContainer();
        using var forgetting = new Forgetting([.. _files.Values]);
        return new InferenceSession(graph.Bytes, options, _packed);
    }

    public void Dispose()
    {
        foreach (var value in _values.Values)
        {
            value.Dispose();
        }
        _values.Clear();
        _packed?.Dispose();
        _packed = null;
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }
        _files.Clear();
    }

    private OrtValue Value(PlacedGraph graph, PlacedTensor tensor)
    {
        var file = File(graph, tensor.File);
        var key = new ValueKey(Path.Combine(graph.Folder, tensor.File), tensor.Start, tensor.Tensor.Name);
        if (!_values.TryGetValue(key, out var value))
        {
            _values[key] = value = OrtValue.CreateTensorValueWithData(OnnxNativeRuntime.CpuMemory, tensor.Tensor.ElementType, [.. tensor.Tensor.Dimensions],
                file.Address(tensor.Start, tensor.Length), tensor.Length);
        }
        return value;
    }

    private MappedFile File(PlacedGraph graph, string name)
    {
        string path = Path.Combine(graph.Folder, name);
        if (!_files.TryGetValue(path, out var file))
        {
            _files[path] = file = new MappedFile(path);
        }
        FileStamp.RequireSame($"'{path}'", graph.Stamps.TryGetValue(name, out var stamp) ? stamp : null, file.Stamp);
        return file;
    }

    private sealed record ValueKey(string File, long Start, string Name);

    /// <summary>
    /// Lets go of mapped pages while ONNX Runtime makes its copies of what is in them, so that the two are not both resident at the end: pages of a file cost
    /// nothing to have again.
    /// </summary>
    private sealed class Forgetting : IDisposable
    {
        private readonly MappedFile[] _files;
        private readonly ManualResetEventSlim _end = new();
        private readonly Thread _thread;

        public Forgetting(MappedFile[] files)
        {
            _files = files;
            _thread = new Thread(Run, maxStackSize: 64 << 10) { IsBackground = true, Name = "CLIP weights" };
            _thread.Start();
        }

        public void Dispose()
        {
            _end.Set();
            _thread.Join();
            _end.Dispose();
        }

        private void Run()
        {
            bool isOver;
            do
            {
                isOver = _end.Wait(ForgetEveryMilliseconds);
                Array.ForEach(_files, f => f.Forget());
            }
            while (!isOver);
        }
    }
}
