using System.Buffers.Binary;

namespace Microsoft.ML.Clip;

/// <summary>A column of values: a leaf of the schema.</summary>
/// <param name="Path">Its name, after those of the groups that it is in, with dots between.</param>
/// <param name="Type">The physical type, by Parquet's number.</param>
/// <param name="MaximumDefinition">The definition level of a value that is there; lower ones are null.</param>
/// <param name="IsRepeated">Whether a row can have several values.</param>
internal sealed record ParquetLeaf(string Path, int Type, int MaximumDefinition, bool IsRepeated)
{
    public const int Int32 = 1, Int64 = 2, ByteArray = 6;
}

/// <summary>Where the values of a column lie that belong to the rows of one group.</summary>
internal sealed record ParquetChunk(string Path, int Codec, long Values, long Start, long Length);

/// <summary>Rows that were written together.</summary>
internal sealed record ParquetRowGroup(long Rows, IReadOnlyList<ParquetChunk> Chunks);

/// <summary>
/// The end of a Parquet file, which says what is where (parquet-format 2.x, parquet.thrift). Only what readers of images and labels need is kept.
/// </summary>
internal sealed record ParquetFooter(IReadOnlyList<ParquetLeaf> Leaves, IReadOnlyList<ParquetRowGroup> RowGroups, IReadOnlyDictionary<string, string> Texts)
{
    // Real ones have some KB; tens of thousands of groups and columns would be needed for more.
    private const int MaximumLength = 16 << 20, MaximumLeaves = 10_000, MaximumDepth = 32, MaximumPath = 4096;

    // What the numbers of repetition are called in parquet.thrift.
    private const int Required = 0, Repeated = 2;

    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    public long Rows => RowGroups.Sum(g => g.Rows);

    /// <exception cref="InvalidDataException">It is no Parquet file, cut short or damaged; the message names it.</exception>
    public static ParquetFooter Read(FileStream stream, string path)
    {
        const int Ends = 8;
        Span<byte> head = stackalloc byte[4], tail = stackalloc byte[Ends];
        if (stream.Length < head.Length + Ends)
        {
            throw new InvalidDataException($"'{path}' is no Parquet file: it has {stream.Length} bytes.");
        }
        stream.Position = 0;
        stream.ReadExactly(head);
        stream.Position = stream.Length - Ends;
        stream.ReadExactly(tail);
        if (!head.SequenceEqual(Magic))
        {
            throw new InvalidDataException($"'{path}' is no Parquet file, or an encrypted one: it does not begin with 'PAR1'.");
        }
        if (!tail[4..].SequenceEqual(Magic))
        {
            throw new InvalidDataException($"The Parquet file '{path}' is cut short: it does not end with 'PAR1'.");
        }
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (length > MaximumLength || length > stream.Length - Ends - head.Length)
        {
            throw new InvalidDataException(FormattableString.Invariant($"'{path}' says that its footer has {length:N0} bytes; it has {stream.Length:N0} altogether, and footers have at most {MaximumLength:N0}."));
        }
        byte[] footer = new byte[length];
        stream.Position = stream.Length - Ends - length;
        stream.ReadExactly(footer);
        try
        {
            return Parse(footer, stream.Length - Ends - length);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"The footer of '{path}' cannot be read: {e.Message}.", e);
        }
    }

    private static ParquetFooter Parse(ReadOnlySpan<byte> footer, long dataEnd)
    {
        var reader = new ThriftReader(footer);
        List<Element> schema = [];
        List<ParquetRowGroup> groups = [];
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        short id = reader.Begin();
        while (reader.Next(ref id, out int type))
        {
            switch (id)
            {
                case 2:
                    for (int i = reader.Items(type, out _); i > 0; i--)
                    {
                        schema.Add(SchemaElement(ref reader));
                    }
                    break;
                case 4:
                    for (int i = reader.Items(type, out _); i > 0; i--)
                    {
                        groups.Add(RowGroup(ref reader, dataEnd));
                    }
                    break;
                case 5:
                    for (int i = reader.Items(type, out _); i > 0; i--)
                    {
                        var (key, value) = KeyValue(ref reader);
                        texts[key] = value;
                    }
                    break;
                default: reader.Skip(type); break;
            }
        }
        if (schema.Count == 0)
        {
            throw new InvalidDataException("it has no schema");
        }
        // Each for itself, and together: groups may refer to the same bytes.
        if (groups.Sum(g => (double)g.Rows) > MostRows(dataEnd))
        {
            throw new InvalidDataException(FormattableString.Invariant($"it says that there are {groups.Sum(g => (double)g.Rows):N0} rows in {dataEnd:N0} bytes"));
        }
        List<ParquetLeaf> leaves = [];
        int at = 0;
        AddLeaves(schema, ref at, path: null, definition: 0, isRepeated: false, depth: 0, leaves);
        return new ParquetFooter(leaves, groups, texts);
    }

    private static void AddLeaves(List<Element> schema, ref int at, string? path, int definition, bool isRepeated, int depth, List<ParquetLeaf> leaves)
    {
        bool isRoot = at == 0;
        if (at >= schema.Count || depth > MaximumDepth || leaves.Count >= MaximumLeaves)
        {
            throw new InvalidDataException("its schema does not add up, or is deeper or larger than is read");
        }
        var element = schema[at++];
        if (!isRoot)
        {
            path = Join(path, element.Name);
            definition += element.Repetition == Required ? 0 : 1;
            isRepeated |= element.Repetition == Repeated;
        }
        if (element.Children == 0 && !isRoot)
        {
            leaves.Add(new(path!, element.Type, definition, isRepeated));
        }
        for (int i = 0; i < element.Children; i++)
        {
            AddLeaves(schema, ref at, path, definition, isRepeated, depth + 1, leaves);
        }
    }

    private static Element SchemaElement(ref ThriftReader reader)
    {
        var element = new Element("", -1, 0, 0);
        short id = reader.Begin();
        while (reader.Next(ref id, out int type))
        {
            switch (id)
            {
                case 1: element = element with { Type = reader.Count(type) }; break;
                case 3: element = element with { Repetition = reader.Count(type) }; break;
                case 4: element = element with { Name = reader.Text(type) }; break;
                case 5: element = element with { Children = reader.Count(type) }; break;
                default: reader.Skip(type); break;
            }
        }
        return element;
    }

    private static ParquetRowGroup RowGroup(ref ThriftReader reader, long dataEnd)
    {
        List<ParquetChunk> chunks = [];
        long rows = 0;
        short id = reader.Begin();
        while (reader.Next(ref id, out int type))
        {
            switch (id)
            {
                case 1:
                    for (int i = reader.Items(type, out _); i > 0; i--)
                    {
                        chunks.Add(Chunk(ref reader, dataEnd));
                    }
                    break;
                case 3: rows = reader.Number(type); break;
                default: reader.Skip(type); break;
            }
        }
        return rows >= 0 && rows <= MostRows(dataEnd) ? new(rows, chunks) : throw new InvalidDataException(FormattableString.Invariant($"it says that a group has {rows:N0} rows"));
    }

    // The least that a row of an image takes is a bit, of a place in a dictionary: more rows than bits are made up, and would be read for ever.
    private static double MostRows(long dataEnd) => 8.0 * dataEnd;

    // Below a group with a long name every column has that name in its own.
    private static string Join(string? path, string name) => name.Length + (path?.Length ?? 0) < MaximumPath ? path is null ? name : $"{path}.{name}"
        : throw new InvalidDataException($"a column has a name of {name.Length + (path?.Length ?? 0)} characters; {MaximumPath} are the most");

    private static ParquetChunk Chunk(ref ThriftReader reader, long dataEnd)
    {
        ParquetChunk? chunk = null;
        short id = reader.Begin();
        while (reader.Next(ref id, out int type))
        {
            switch (id)
            {
                case 1: throw new InvalidDataException($"it refers to another file, '{reader.Text(type)}'; expected one with its data in it");
                case 3: chunk = ChunkMetaData(ref reader, dataEnd); break;
                default: reader.Skip(type); break;
            }
        }
        return chunk ?? throw new InvalidDataException("it does not say where a column lies; it may be encrypted");
    }

    private static ParquetChunk ChunkMetaData(ref ThriftReader reader, long dataEnd)
    {
        string? path = null;
        int codec = 0;
        long values = 0, length = 0, data = 0, dictionary = 0;
        short id = reader.Begin();
        while (reader.Next(ref id, out int type))
        {
            switch (id)
            {
                case 3:
                    for (int i = reader.Items(type, out int itemType); i > 0; i--)
                    {
                        path = Join(path, reader.Text(itemType));
                    }
                    break;
                case 4: codec = reader.Count(type); break;
                case 5: values = reader.Number(type); break;
                case 7: length = reader.Number(type); break;
                case 9: data = reader.Number(type); break;
                case 11: dictionary = reader.Number(type); break;
                default: reader.Skip(type); break;
            }
        }
        // Some writers say 0 where there is no dictionary.
        long start = dictionary > 0 && dictionary < data ? dictionary : data;
        return start >= Magic.Length && length >= 0 && length <= dataEnd - start && values >= 0 ? new(path ?? "", codec, values, start, length)
            : throw new InvalidDataException(FormattableString.Invariant($"it says that the column '{path}' has {values:N0} values in {length:N0} bytes from byte {start:N0} on, of {dataEnd:N0}"));
    }

    private static (string Key, string Value) KeyValue(ref ThriftReader reader)
    {
        string key = "", value = "";
        short id = reader.Begin();
        while (reader.Next(ref id, out int type))
        {
            switch (id)
            {
                case 1: key = reader.Text(type); break;
                case 2: value = reader.Text(type); break;
                default: reader.Skip(type); break;
            }
        }
        return (key, value);
    }

    private sealed record Element(string Name, int Type, int Repetition, int Children);
}
