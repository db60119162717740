namespace Microsoft.ML.Clip;

/// <summary>An operation between convolutions that can be computed on bytes, together with the rectifier behind it.</summary>
/// <param name="Node">Add, MaxPool, AveragePool, GlobalAveragePool or Concat.</param>
/// <param name="Rectifier">The Relu behind it; null where there is none.</param>
internal sealed record ByteOperation(DraftNode Node, DraftNode? Rectifier)
{
    /// <summary>The tensor that comes out.</summary>
    public string Output => (Rectifier ?? Node).Outputs[0];

    /// <summary>Whether it only chooses among its inputs, so that bytes mean before and behind it the same.</summary>
    public bool Chooses => Node.Is("MaxPool");

    /// <summary>An operation as one of these; null where it is none.</summary>
    public static ByteOperation? Find(GraphDraft draft, DraftNode node)
    {
        bool isAddition = node.Is("Add") && node.Inputs.Count == 2;
        bool isPooling = node.Is("MaxPool") || node.Is("AveragePool") || node.Is("GlobalAveragePool");
        if (!(isAddition || node.Is("Concat") || isPooling) || node.Outputs.Skip(1).Any(o => o.Length > 0)
            || node.Inputs.Any(i => StoredKernel.Known(draft, i) is not null) || node.Integers("dilations")?.Any(d => d != 1) == true)
        {
            return null;
        }
        var next = isAddition && draft.IsReadOnce(node.Outputs[0]) ? draft.Consumers(node.Outputs[0])[0] : null;
        return new ByteOperation(node, next?.Is("Relu") == true ? next : null);
    }
}

/// <summary>
/// Which part of a graph is computed on bytes, when some convolutions are: they, and what stands between them. A tensor goes through the graph as bytes where
/// a convolution or one of these operations makes it, or reads it.
/// </summary>
internal sealed class ByteNetwork
{
    private readonly List<ByteOperation> _operations = [];
    private readonly HashSet<string> _made = new(StringComparer.Ordinal), _tensors = new(StringComparer.Ordinal);

    private ByteNetwork(IReadOnlyList<QuantizableConvolution> convolutions) => Convolutions = convolutions;

    public IReadOnlyList<QuantizableConvolution> Convolutions { get; }

    public IReadOnlyList<ByteOperation> Operations => _operations;

    /// <summary>All tensors that go through the graph as bytes.</summary>
    public IReadOnlyCollection<string> Tensors => _tensors;

    /// <summary>Whether a tensor is made as bytes, by one of the convolutions or operations.</summary>
    public bool IsMade(string tensor) => _made.Contains(tensor);

    /// <summary>Whether one of the convolutions or operations reads a tensor as bytes.</summary>
    public bool IsRead(string tensor) => Readers.Contains(tensor);

    private HashSet<string> Readers => Convolutions.Select(c => c.Input).Concat(_operations.SelectMany(o => o.Node.Inputs)).ToHashSet(StringComparer.Ordinal);

    /// <summary>The network of some convolutions.</summary>
    public static ByteNetwork Of(GraphDraft draft, IEnumerable<QuantizableConvolution> convolutions)
    {
        var network = new ByteNetwork([.. convolutions]);
        network._made.UnionWith(network.Convolutions.Select(c => c.Output));
        network._tensors.UnionWith(network.Convolutions.SelectMany(c => new[] { c.Input, c.Output }));
        network.Grow([.. draft.Nodes.Select(node => ByteOperation.Find(draft, node)).OfType<ByteOperation>()]);
        network.Prune();
        return network;
    }

    /// <summary>The tensor whose range a tensor has: what only chooses among values takes over that of its input.</summary>
    public string RangeOf(string tensor)
    {
        while (_operations.Find(o => o.Chooses && o.Output == tensor) is { } operation)
        {
            tensor = operation.Node.Input(0);
        }
        return tensor;
    }

    // Takes in operations whose inputs are all there as bytes. Operations need not be in order.
    private void Grow(List<ByteOperation> open)
    {
        while (open.RemoveAll(operation =>
        {
            bool fits = operation.Node.Inputs.TrueForAll(_tensors.Contains) && operation.Node.Inputs.Exists(_made.Contains);
            if (fits)
            {
                _operations.Add(operation);
                _made.Add(operation.Output);
                _tensors.Add(operation.Output);
            }
            return fits;
        }) > 0)
        {
        }
    }

    // What is read only in float behind is made in float, and is not rounded once more.
    private void Prune()
    {
        while (true)
        {
            var read = Readers;
            var last = _operations.Where(o => !read.Contains(o.Output)).ToList();
            if (last.Count == 0)
            {
                return;
            }
            foreach (var operation in last)
            {
                _operations.Remove(operation);
                _made.Remove(operation.Output);
                _tensors.Remove(operation.Output);
            }
        }
    }
}
