namespace Microsoft.ML.Clip.Tests;

/// <summary>Runs one part of the tokenizer on a text.</summary>
internal static class TextParts
{
    public static string Apply(this NormalizationStep step, string text)
    {
        var output = new ValueList<char>([]);
        output.AddRange("before:");
        step.Apply(text, ref output);
        string result = output.AsSpan().ToString();
        output.Dispose();
        // A step appends; what was there stays.
        Assert.StartsWith("before:", result, StringComparison.Ordinal);
        return result["before:".Length..];
    }

    /// <summary>The pieces of a text.</summary>
    public static string[] Pieces(this PieceSplitter splitter, string text) => [.. splitter.PreTokenize(text).Select(p => text.Substring(p.Offset, p.Length))];

    /// <summary>The ids of one piece.</summary>
    public static int[] Encode(this ITokenModel model, string piece)
    {
        var ids = new ValueList<int>([]);
        ids.Add(-7);
        model.Encode(piece, ref ids);
        int[] result = ids.AsSpan().ToArray();
        ids.Dispose();
        Assert.Equal(-7, result[0]);
        return result[1..];
    }
}
