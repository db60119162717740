using System.Buffers.Binary;

namespace Microsoft.ML.Clip;

/// <summary>
/// Takes the least and the largest value of each column out of a Parquet file's end, by which engines pass over groups of rows. Parquet.Net 6.1.0 finds those
/// of texts by UTF-16, and readers compare by UTF-8 (parquet-format, LogicalTypes.md): emoji go before U+E000 to U+FFFF in one and behind in the other, and
/// DuckDB found none of the rows that it was asked for in a group that has both.
/// </summary>
internal static class ParquetStatistics
{
    // The length of the footer, and the magic word.
    private const int Tail = 8;

    // FileMetaData.row_groups, RowGroup.columns, ColumnChunk.meta_data, ColumnMetaData.statistics (parquet.thrift).
    private const int RowGroups = 4, Columns = 1, MetaData = 3, Statistics = 12;

    /// <summary>Rewrites the end of a file that is whole.</summary>
    /// <param name="stream">The file, readable, writable and seekable; it stands at its end afterwards.</param>
    public static void Remove(Stream stream)
    {
        Span<byte> tail = stackalloc byte[Tail];
        stream.Position = stream.Length - Tail;
        stream.ReadExactly(tail);
        byte[] footer = new byte[BinaryPrimitives.ReadInt32LittleEndian(tail)];
        long start = stream.Length - Tail - footer.Length;
        stream.Position = start;
        stream.ReadExactly(footer);
        stream.Position = start;
        int length = 0, from = 0;
        foreach (var (cut, end, head) in Cuts(footer))
        {
            Write(footer.AsSpan(from, cut - from));
            Write(head);
            from = end;
        }
        Write(footer.AsSpan(from));
        BinaryPrimitives.WriteInt32LittleEndian(tail, length);
        stream.Write(tail);
        stream.SetLength(stream.Position);

        void Write(ReadOnlySpan<byte> bytes)
        {
            stream.Write(bytes);
            length += bytes.Length;
        }
    }

    // What is left out, and what stands there instead: the head of the next field, which says how far its number is from that of the one before.
    private static List<(int Cut, int End, byte[] Head)> Cuts(ReadOnlySpan<byte> footer)
    {
        var cuts = new List<(int, int, byte[])>();
        var reader = new ThriftReader(footer);
        short file = reader.Begin();
        while (reader.Next(ref file, out int type))
        {
            for (int group = Items(ref reader, file == RowGroups, type); group > 0; group--)
            {
                short inGroup = reader.Begin();
                while (reader.Next(ref inGroup, out type))
                {
                    for (int column = Items(ref reader, inGroup == Columns, type); column > 0; column--)
                    {
                        Chunk(ref reader, cuts);
                    }
                }
            }
        }
        return cuts;
    }

    private static void Chunk(ref ThriftReader reader, List<(int, int, byte[])> cuts)
    {
        short id = reader.Begin();
        while (reader.Next(ref id, out int type))
        {
            if (id != MetaData)
            {
                reader.Skip(type);
                continue;
            }
            short inner = reader.Begin(), before = 0;
            int at = reader.Position;
            while (reader.Next(ref inner, out type))
            {
                reader.Skip(type);
                if (inner == Statistics)
                {
                    int cut = at, end = reader.Position;
                    short next = inner;
                    if (!reader.Next(ref next, out type))
                    {
                        cuts.Add((cut, end, []));
                        break;
                    }
                    cuts.Add((cut, reader.Position, [(byte)(((next - before) << 4) | type)]));
                    reader.Skip(type);
                    inner = next;
                }
                (before, at) = (inner, reader.Position);
            }
        }
    }

    private static int Items(ref ThriftReader reader, bool isWanted, int type)
    {
        if (isWanted)
        {
            return reader.Items(type, out _);
        }
        reader.Skip(type);
        return 0;
    }
}
