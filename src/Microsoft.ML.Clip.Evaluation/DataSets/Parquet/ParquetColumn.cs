using System.Numerics;

namespace Microsoft.ML.Clip;

/// <summary>Reads the values of a column in a group of rows, page by page: no more than a page and a dictionary are in memory.</summary>
internal static class ParquetColumn
{
    // A page has one image at least; those are at most so long elsewhere, too.
    private const int MaximumPage = 256 << 20;

    // Writers leave off dictionaries when they have about a megabyte.
    private const int MaximumDictionary = 4 << 20;

    // Heads of pages have some tens of bytes, and with statistics of texts or images some thousands.
    private const int UsualHead = 1 << 12, MaximumHead = 1 << 20;

    private const int DataPage = 0, IndexPage = 1, DictionaryPage = 2, DataPageV2 = 3;

    // The fields of a head that are heads of these kinds.
    private const int DataHead = 5, DictionaryHead = 7, DataHeadV2 = 8;

    /// <summary>The values, with null for those that are not there.</summary>
    /// <param name="stream">The file; where it stands does not matter, so that columns can be read side by side.</param>
    /// <param name="leaf">The column.</param>
    /// <param name="chunk">Where it lies.</param>
    /// <param name="place">What messages call it.</param>
    /// <exception cref="InvalidDataException">Something of it is damaged. Thrown while enumerating.</exception>
    public static IEnumerable<ParquetValue?> Read(FileStream stream, ParquetLeaf leaf, ParquetChunk chunk, string place)
    {
        ParquetValue[]? dictionary = null;
        long at = chunk.Start, end = chunk.Start + chunk.Length, values = 0;
        for (int number = 0; values < chunk.Values; number++)
        {
            string page = FormattableString.Invariant($"Page {number} (counted from 0) of {place}");
            var head = ReadHead(stream, ref at, end, page);
            byte[] packed = new byte[head.PackedLength];
            stream.Position = at;
            stream.ReadExactly(packed);
            at += packed.Length;
            if (head.Type == DictionaryPage)
            {
                dictionary = dictionary is null ? Checked(() => Dictionary(packed, head, leaf, chunk), page) : throw new InvalidDataException($"{page} is a second dictionary.");
            }
            else if (head.Type is DataPage or DataPageV2)
            {
                if (head.Values > chunk.Values - values)
                {
                    throw new InvalidDataException(FormattableString.Invariant($"{page} has {head.Values} values; expected at most {chunk.Values - values}."));
                }
                values += head.Values;
                var data = Checked(() => new Page(packed, head, leaf, chunk, dictionary), page);
                Func<ParquetValue?> next = data.Next;
                for (int i = 0; i < head.Values; i++)
                {
                    yield return Checked(next, page);
                }
            }
            else if (head.Type != IndexPage)
            {
                throw new InvalidDataException($"{page} is of type {head.Type}; expected data, a dictionary or an index.");
            }
        }
    }

    private static ParquetValue[] Dictionary(byte[] packed, Head head, ParquetLeaf leaf, ParquetChunk chunk)
    {
        ReadOnlyMemory<byte> bytes = ParquetEncoding.Unpack(packed, chunk.Codec, head.Length);
        int most = Math.Min(bytes.Length / sizeof(int), MaximumDictionary);
        if (head.Encoding is not (ParquetEncoding.Plain or ParquetEncoding.PlainDictionary) || head.Values > most)
        {
            throw new InvalidDataException($"its dictionary has the encoding {head.Encoding} and {head.Values} values in {bytes.Length} bytes");
        }
        var values = new ParquetValue[head.Values];
        for (int i = 0; i < values.Length; i++)
        {
            ParquetEncoding.ReadPlain(ref bytes, leaf.Type, out values[i]);
        }
        return values;
    }

    private static T Checked<T>(Func<T> read, string page)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{page} cannot be read: {e.Message.TrimEnd('.')}.", e);
        }
    }

    private static Head ReadHead(FileStream stream, ref long at, long end, string page)
    {
        for (int window = UsualHead; ; window = MaximumHead)
        {
            byte[] bytes = new byte[Math.Min(window, end - at)];
            stream.Position = at;
            stream.ReadExactly(bytes);
            try
            {
                var reader = new ThriftReader(bytes);
                var head = ParseHead(ref reader);
                long length = end - at - reader.Position;
                at += reader.Position;
                return head.PackedLength <= length && head.PackedLength <= MaximumPage && head.Length <= MaximumPage ? head
                    : throw new InvalidDataException(FormattableString.Invariant($"it has {head.PackedLength:N0} bytes, {head.Length:N0} unpacked; {length:N0} are left in the column, and {MaximumPage:N0} are the most"));
            }
            catch (EndOfStreamException) when (bytes.Length == window && window < MaximumHead)
            {
                // A longer one.
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                throw new InvalidDataException($"{page} cannot be read: {e.Message}.", e);
            }
        }
    }

    private static Head ParseHead(ref ThriftReader reader)
    {
        var head = new Head(-1, 0, 0, 0, 0, ParquetEncoding.Rle, 0, 0, IsPacked: true);
        short id = reader.Begin();
        while (reader.Next(ref id, out int type))
        {
            switch (id)
            {
                case 1: head = head with { Type = reader.Count(type) }; break;
                case 2: head = head with { Length = reader.Count(type) }; break;
                case 3: head = head with { PackedLength = reader.Count(type) }; break;
                case DataHead or DictionaryHead or DataHeadV2 when type == ThriftReader.Struct: head = ParseKind(ref reader, head, id); break;
                default: reader.Skip(type); break;
            }
        }
        return head;
    }

    private static Head ParseKind(ref ThriftReader reader, Head head, int kind)
    {
        short id = reader.Begin();
        while (reader.Next(ref id, out int type))
        {
            switch (id, kind)
            {
                case (1, _): head = head with { Values = reader.Count(type) }; break;
                case (2, DataHead or DictionaryHead) or (4, DataHeadV2): head = head with { Encoding = reader.Count(type) }; break;
                case (3, DataHead): head = head with { LevelEncoding = reader.Count(type) }; break;
                case (5, DataHeadV2): head = head with { DefinitionLength = reader.Count(type) }; break;
                case (6, DataHeadV2): head = head with { RepetitionLength = reader.Count(type) }; break;
                case (7, DataHeadV2): head = head with { IsPacked = type == ThriftReader.True }; break;
                default: reader.Skip(type); break;
            }
        }
        return head;
    }

    private readonly record struct Head(
        int Type, int Length, int PackedLength, int Values, int Encoding, int LevelEncoding, int DefinitionLength, int RepetitionLength, bool IsPacked);

    private sealed class Page
    {
        private readonly ParquetLeaf _leaf;
        private readonly ParquetValue[]? _dictionary;
        private readonly ParquetRuns? _levels;
        private readonly ParquetRuns? _places;
        private ReadOnlyMemory<byte> _values;

        public Page(byte[] packed, Head head, ParquetLeaf leaf, ParquetChunk chunk, ParquetValue[]? dictionary)
        {
            (_leaf, _dictionary) = (leaf, dictionary);
            ReadOnlyMemory<byte> levels = default;
            if (head.Type == DataPageV2)
            {
                // Its levels lie before its values and are not packed.
                long before = (long)head.RepetitionLength + head.DefinitionLength;
                if (before > packed.Length || before > head.Length)
                {
                    throw new InvalidDataException("its levels go beyond its end");
                }
                levels = packed.AsMemory(head.RepetitionLength, head.DefinitionLength);
                byte[] rest = packed[(int)before..];
                _values = head.IsPacked ? ParquetEncoding.Unpack(rest, chunk.Codec, head.Length - (int)before) : rest;
            }
            else
            {
                _values = ParquetEncoding.Unpack(packed, chunk.Codec, head.Length);
                if (leaf.MaximumDefinition > 0)
                {
                    if (head.LevelEncoding != ParquetEncoding.Rle)
                    {
                        throw new InvalidDataException($"its levels have the encoding {head.LevelEncoding}; expected runs (3)");
                    }
                    ParquetEncoding.ReadPlain(ref _values, ParquetLeaf.ByteArray, out var run);
                    levels = run.Bytes;
                }
            }
            _levels = leaf.MaximumDefinition > 0 ? new(levels, Width(leaf.MaximumDefinition)) : null;
            if (head.Encoding is ParquetEncoding.RleDictionary or ParquetEncoding.PlainDictionary)
            {
                // A page whose values are all null may have nothing here.
                int width = _values.IsEmpty ? 0 : _values.Span[0];
                _places = dictionary is not null && width <= 32 ? new(_values.IsEmpty ? _values : _values[1..], width)
                    : throw new InvalidDataException(dictionary is null ? "it needs a dictionary, and none came before it" : $"places in its dictionary have {width} bits");
            }
            else if (head.Encoding != ParquetEncoding.Plain)
            {
                throw new InvalidDataException($"it has the encoding {head.Encoding}; expected plain (0) or a dictionary (2, 8), as 'datasets' and 'pyarrow' write if nothing else is asked for");
            }
        }

        public ParquetValue? Next()
        {
            if (_levels is not null && _levels.Next() < _leaf.MaximumDefinition)
            {
                return null;
            }
            if (_places is not null)
            {
                uint place = _places.Next();
                return place < _dictionary!.Length ? _dictionary[place] : throw new InvalidDataException($"it refers to value {place} of a dictionary of {_dictionary.Length}");
            }
            ParquetEncoding.ReadPlain(ref _values, _leaf.Type, out var value);
            return value;
        }

        private static int Width(int maximum) => 32 - BitOperations.LeadingZeroCount((uint)maximum);
    }
}
