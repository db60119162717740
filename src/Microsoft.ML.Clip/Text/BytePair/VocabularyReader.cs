using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Reads vocabularies that are lists of merges: merges.txt with vocab.json, and OpenAI's bpe_simple_vocab_16e6.txt.gz.</summary>
internal static class VocabularyReader
{
    // OpenAI's file lists more merges than its models know: merges[1:49152-256-2+1] are used.
    private const int OpenAIMerges = 49152 - 256 - 2;

    // 262,145 lines unpack to 3 MB; anything far beyond is no vocabulary but a decompression bomb.
    private const int MaximumUnpackedBytes = 64 << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="InvalidDataException">A file is malformed; the message names it and the line.</exception>
    public static BytePairDefinition ReadPair(ModelFiles files, string vocabularyName, string mergesName, string? unknownToken)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in JsonFile.Open(files, vocabularyName).Properties())
        {
            vocabulary[token] = id.TokenId();
        }
        string source = files.Describe(mergesName);
        string[] lines = ReadLines(files.OpenRead(mergesName), source);
        // The first line is "#version: 0.2"; files without it start with a merge.
        int first = lines.Length > 0 && lines[0].Contains("#version", StringComparison.Ordinal) ? 1 : 0;
        return new BytePairDefinition
        {
            Source = source,
            Vocabulary = vocabulary,
            Merges = ReadMerges(lines, first, lines.Length, source),
            UnknownToken = unknownToken ?? ClipTokens.EndOfText,
        };
    }

    /// <exception cref="InvalidDataException">The file is malformed; the message names it and the line.</exception>
    public static BytePairDefinition ReadOpenAI(ModelFiles files, string name)
    {
        string source = files.Describe(name);
        string[] lines = ReadLines(files.OpenRead(name), source);
        var merges = ReadMerges(lines, 1, Math.Min(lines.Length, 1 + OpenAIMerges), source);
        // The order gives the ids: bytes, bytes that end a word, what the merges join, the two special tokens.
        var bytes = ByteToUnicodeTable.InVocabularyOrder.Select(c => c.ToString());
        var tokens = bytes.Concat(bytes.Select(b => b + ClipTokens.EndOfWord)).Concat(merges.Select(m => m.Left + m.Right))
            .Append(ClipTokens.StartOfText).Append(ClipTokens.EndOfText);
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        int id = 0;
        foreach (string token in tokens)
        {
            vocabulary[token] = id++;
        }
        return new BytePairDefinition { Source = source, Vocabulary = vocabulary, Merges = merges };
    }

    private static List<(string Left, string Right)> ReadMerges(string[] lines, int first, int end, string source)
    {
        var merges = new List<(string, string)>(lines.Length);
        for (int i = first; i < end; i++)
        {
            // Not the usual white space: U+00A0 and U+0085 are symbols of the byte alphabet's neighbourhood in damaged files, and must be told.
            string[] parts = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length == 2)
            {
                merges.Add((parts[0], parts[1]));
            }
            else if (parts.Length != 0)
            {
                throw new InvalidDataException($"Line {i + 1} of {source} is no merge: expected two tokens, found '{lines[i]}'.");
            }
        }
        return merges;
    }

    /// <summary>The lines of a file, which may be packed by gzip. The stream is disposed.</summary>
    /// <exception cref="InvalidDataException">It is no UTF-8 text, or far too large; the message begins with the source.</exception>
    public static string[] ReadLines(Stream stream, string source)
    {
        using (stream)
        {
            bool isPacked = stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
            stream.Position = 0;
            try
            {
                byte[] text = isPacked ? Unpack(stream, source) : ReadBytes(stream, source);
                return [.. Strict.GetString(text).TrimStart('\uFEFF').Split('\n').Select(l => l.TrimEnd('\r'))];
            }
            catch (Exception e) when (e is DecoderFallbackException || (e is InvalidDataException && isPacked))
            {
                throw new InvalidDataException($"{source} cannot be used: {e.Message}", e);
            }
        }
    }

    // The last four bytes of a gzip file are the length of its content (RFC 1952). .NET does not always notice that a file was cut off.
    private static byte[] Unpack(Stream stream, string source)
    {
        byte[] packed = ReadBytes(stream, source);
        using var unpacked = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        byte[] text = ReadBytes(unpacked, source);
        return packed.Length > sizeof(int) && BinaryPrimitives.ReadUInt32LittleEndian(packed.AsSpan()[^sizeof(int)..]) == text.Length
            ? text
            : throw new InvalidDataException("it is truncated or damaged.");
    }

    private static byte[] ReadBytes(Stream stream, string source)
    {
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > MaximumUnpackedBytes)
            {
                throw new InvalidDataException($"{source} has more than {MaximumUnpackedBytes >> 20} MB, unpacked; that is no CLIP vocabulary.");
            }
        }
        return bytes.ToArray();
    }
}
