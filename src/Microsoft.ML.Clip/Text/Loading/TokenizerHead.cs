using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>
/// Reads of a tokenizer.json what stands before its vocabulary, which is enough to tell that it is of no kind that is known, and takes no time where the whole
/// file takes a second.
/// </summary>
internal static class TokenizerHead
{
    // Added tokens and a precompiled normalizer take some hundred kilobytes.
    private const int ShortLength = 1 << 16, MaximumLength = 1 << 22, Growth = 8;
    private const int ModelDepth = 2;

    private static readonly JsonReaderOptions Rules = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = JsonFile.MaximumDepth,
    };

    /// <summary>Why texts cannot be split by it; null if nothing speaks against it so far.</summary>
    public static string? WhyNot(ModelFiles files, string name)
    {
        try
        {
            if (Read(files, name) is not { } head)
            {
                return null;
            }
            var file = JsonFile.Parse(head, files.Describe(name));
            if (TokenizerJsonReader.WhyUnknown(file) is { } reason)
            {
                return reason;
            }
            _ = NormalizerReader.Read(file, takesCharacters: true);
            _ = SplitterReader.Read(file);
            return null;
        }
        catch (Exception e) when (e is NotSupportedException or InvalidDataException)
        {
            return e.Message;
        }
    }

    /// <summary>The file up to its vocabulary, closed behind it; null if the vocabulary comes first, or far behind.</summary>
    private static byte[]? Read(ModelFiles files, string name)
    {
        using var stream = files.OpenRead(name);
        byte[] bytes = [];
        for (int length = ShortLength; length <= MaximumLength && bytes.Length < stream.Length; length *= Growth)
        {
            int known = bytes.Length;
            Array.Resize(ref bytes, (int)Math.Min(length, stream.Length));
            stream.ReadExactly(bytes.AsSpan(known));
            if (FindVocabulary(bytes) is { } end)
            {
                return [.. bytes.AsSpan(0, end), .. "\"vocab\": {} } }"u8];
            }
        }
        return null;
    }

    private static int? FindVocabulary(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, isFinalBlock: false, new JsonReaderState(Rules));
        bool isInModel = false;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                {
                    continue;
                }
                if (reader.CurrentDepth < ModelDepth)
                {
                    isInModel = reader.ValueTextEquals("model"u8);
                }
                else if (isInModel && reader.CurrentDepth == ModelDepth && (reader.ValueTextEquals("vocab"u8) || reader.ValueTextEquals("merges"u8)))
                {
                    return (int)reader.TokenStartIndex;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What is wrong with it is said by who reads it whole. The second is a name that is no Unicode.
            return null;
        }
        return null;
    }
}
