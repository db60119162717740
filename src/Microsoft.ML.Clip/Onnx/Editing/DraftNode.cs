namespace Microsoft.ML.Clip;

/// <summary>An operation of a graph that is being changed: one of the file's, with other inputs or outputs perhaps, or a new one.</summary>
internal sealed class DraftNode
{
    private readonly IReadOnlyList<DraftAttribute> _attributes;

    /// <summary>One of the file's: its attributes stay as they stand there.</summary>
    public DraftNode(OnnxNode original)
    {
        (Original, Operation, Domain, _attributes) = (original, original.Operation, original.Domain, []);
        (Inputs, Outputs) = ([.. original.Inputs], [.. original.Outputs]);
    }

    /// <summary>One of the file's operations again, on other tensors.</summary>
    public DraftNode(DraftNode model, IEnumerable<string> inputs, IEnumerable<string> outputs)
    {
        (Original, Operation, Domain, _attributes) = (model.Original, model.Operation, model.Domain, model._attributes);
        (Inputs, Outputs) = ([.. inputs], [.. outputs]);
    }

    /// <summary>A new one.</summary>
    /// <param name="operation">The operator, such as "MatMul".</param>
    /// <param name="inputs">The tensors that it reads; an absent optional one is an empty name.</param>
    /// <param name="outputs">The tensors that it gives.</param>
    /// <param name="domain">Empty for ONNX's own operators; "com.microsoft" for ONNX Runtime's.</param>
    /// <param name="attributes">Its attributes.</param>
    public DraftNode(string operation, IEnumerable<string> inputs, IEnumerable<string> outputs, string domain = "",
        params IReadOnlyList<DraftAttribute> attributes)
    {
        (Operation, Domain, _attributes) = (operation, domain, attributes);
        (Inputs, Outputs) = ([.. inputs], [.. outputs]);
    }

    public string Operation { get; }

    public string Domain { get; }

    /// <summary>The file's operation that this one is; null for a new one.</summary>
    public OnnxNode? Original { get; }

    /// <summary>Whether it is the file's as it stands there.</summary>
    public bool IsUnchanged => Original is { } original && Inputs.SequenceEqual(original.Inputs) && Outputs.SequenceEqual(original.Outputs);

    /// <summary>The tensors that it reads. Change them through <see cref="GraphDraft"/>, which knows who reads what.</summary>
    public List<string> Inputs { get; }

    public List<string> Outputs { get; }

    /// <summary>The tensors that it reads, those among them that graphs inside it read from outside.</summary>
    public IEnumerable<string> Reads => Original is { Captured: { Count: > 0 } captured } ? Inputs.Concat(captured) : Inputs;

    /// <summary>The name of an input, empty where it is absent.</summary>
    public string Input(int index) => index < Inputs.Count ? Inputs[index] : "";

    /// <summary>Whether it is ONNX's own operator of that name.</summary>
    public bool Is(string operation) => Operation == operation && Domain is "" or "ai.onnx";

    /// <summary>An attribute that is one number.</summary>
    public double? Number(string name) => Original is null ? _attributes.FirstOrDefault(a => a.Key == name).Number
        : Original.Numbers.TryGetValue(name, out double value) ? value : null;

    /// <summary>An attribute of the file's operation that is a list of whole numbers; null where there is none.</summary>
    public IReadOnlyList<long>? Integers(string name) => Original?.Lists.GetValueOrDefault(name);

    /// <summary>Writes the operation as a message (NodeProto).</summary>
    public byte[] ToArray(Stream source)
    {
        const int Input = 1, Output = 2, OperatorType = 4, Attribute = 5, OperatorDomain = 7;
        using var output = new ProtobufOutput();
        Inputs.ForEach(name => output.Bytes(Input, System.Text.Encoding.UTF8.GetBytes(name)));
        Outputs.ForEach(name => output.Bytes(Output, System.Text.Encoding.UTF8.GetBytes(name)));
        if (Original is { } original)
        {
            var reader = new ProtobufReader(source);
            for (long at = original.Field.Start; reader.TryRead(ref at, original.Field.End, out var field);)
            {
                if (field.Number is not (Input or Output))
                {
                    output.Copy(source, field.Begin, field.End);
                }
            }
            return output.ToArray();
        }
        output.Bytes(OperatorType, System.Text.Encoding.UTF8.GetBytes(Operation));
        foreach (var attribute in _attributes)
        {
            output.Bytes(Attribute, attribute.Content);
        }
        if (Domain.Length > 0)
        {
            output.Bytes(OperatorDomain, System.Text.Encoding.UTF8.GetBytes(Domain));
        }
        return output.ToArray();
    }

    public override string ToString() => $"{Operation}({string.Join(", ", Inputs)}) -> {string.Join(", ", Outputs)}";
}
