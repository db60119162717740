using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Images that a text file names, one a line; the file is read as they are asked for.</summary>
internal static class ListedFiles
{
    // A path of the most characters, each of the most bytes.
    private const int MaximumLine = 4 * InputFiles.MaximumName;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    public static IEnumerable<ShardInputFile> List(string list, string root, CancellationToken cancellation)
    {
        using var stream = InputFiles.Planned(() => RegularFile.Open(list, FileOptions.SequentialScan));
        byte[] buffer = new byte[4 * MaximumLine];
        int filled = 0, read;
        long line = 0;
        do
        {
            read = InputFiles.Planned(() => stream.Read(buffer.AsSpan(filled)));
            filled += read;
            int start = 0;
            while (End(buffer.AsSpan(start, filled - start), isLast: read == 0) is >= 0 and var length)
            {
                cancellation.ThrowIfCancellationRequested();
                line++;
                if (Name(buffer.AsSpan(start, length), line, list, root) is { } name)
                {
                    yield return InputFiles.FactsOrMissing(root, name);
                }
                start = Math.Min(start + length + 1, filled);
            }
            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled > MaximumLine)
            {
                throw Bad($"Line {line + 1} of '{list}' has more than {MaximumLine:N0} bytes; expected the path of an image.");
            }
        }
        while (read > 0);
    }

    // Where a line ends: before its line feed, or where the text does.
    private static int End(ReadOnlySpan<byte> rest, bool isLast)
    {
        int end = rest.IndexOf((byte)'\n');
        return end >= 0 ? end : isLast && rest.Length > 0 ? rest.Length : -1;
    }

    private static string? Name(ReadOnlySpan<byte> bytes, long line, string list, string root)
    {
        bytes = line == 1 && bytes.StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes;
        bytes = bytes.EndsWith("\r"u8) ? bytes[..^1] : bytes;
        if (bytes.IsEmpty)
        {
            return null;
        }
        string text;
        try
        {
            text = Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new ClipShardException(ClipShardProblem.Input, $"Line {line} of '{list}' is not UTF-8.", e);
        }
        return InputFiles.NameWithin(root, text)
            ?? throw Bad($"Line {line} of '{list}' names '{InputFiles.Cut(text)}'; expected the path of a file within '{root}', of at most {InputFiles.MaximumName:N0} characters.");
    }

    private static ClipShardException Bad(FormattableString message) => new(ClipShardProblem.Input, FormattableString.Invariant(message));
}
