using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// What stands in a table: a text, a number, a number with its interval, a picture, or nothing. Texts and numbers become cells by themselves: <c>["DTD", 1880,
/// 0.55]</c>. Immutable, as long as nobody writes to a picture's bytes.
/// </summary>
public readonly record struct ClipReportCell
{
    /// <summary>The text; <see langword="null"/> in a cell that holds a number or nothing.</summary>
    public string? Text { get; init; }

    /// <summary>The number, unrounded and in the unit of the library's results (shares from 0 to 1); <see langword="null"/> in a cell of text or nothing.</summary>
    public double? Value { get; init; }

    /// <summary>The number's interval, written as <c>87.3 (86.4 to 88.2)</c>.</summary>
    public ClipInterval? Interval { get; init; }

    /// <summary>
    /// A picture as JPEG, PNG, GIF or WebP, for pages; empty in all other cells. Where there is text alone, as in CSV, <see cref="Text"/> stands for it, which is
    /// its name.
    /// </summary>
    public ReadOnlyMemory<byte> Image { get; init; }

    /// <summary>A number with its interval.</summary>
    /// <param name="value">The number.</param>
    /// <param name="interval">The interval, in the same unit.</param>
    public static ClipReportCell Of(double value, ClipInterval interval) => new() { Value = value, Interval = interval };

    /// <summary>A share of counts, with its exact interval of 99.5%.</summary>
    /// <param name="hits">How many of them.</param>
    /// <param name="count">How many there were; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="ClipInterval.ClopperPearson"/>.</exception>
    public static ClipReportCell Rate(long hits, long count) => Of(hits / (double)count, ClipInterval.ClopperPearson(hits, count));

    /// <summary>A picture as it is; a page holds all of its bytes.</summary>
    /// <param name="name">Its name, which those read who do not see it.</param>
    /// <param name="encoded">The picture, as JPEG, PNG, GIF or WebP; kept, not copied.</param>
    public static ClipReportCell Picture(string name, ReadOnlyMemory<byte> encoded) => new() { Text = name, Image = encoded };

    /// <summary>A photograph made small: upright, its middle square as a model sees it.</summary>
    /// <param name="path">Its file, of any kind that a model reads; its name without the folder becomes the picture's.</param>
    /// <param name="size">The edge in pixels, 16 to 512.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is none.</exception>
    /// <exception cref="ClipImageException">The file cannot be decoded; the message has its name.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ClipReportCell Thumbnail(string path, int size = 96)
    {
        string name = Path.GetFileName(path);
        return Picture(name, new ClipPlotImage(name, File.ReadAllBytes(path), "", []).Shrink(size).Encoded);
    }

    /// <summary>A cell of text; <see langword="null"/> for nothing.</summary>
    public static implicit operator ClipReportCell(string? text) => new() { Text = text };

    /// <summary>A cell with a number; <see langword="null"/> for nothing.</summary>
    public static implicit operator ClipReportCell(double? value) => new() { Value = value };

    /// <summary>A cell with a number.</summary>
    public static implicit operator ClipReportCell(double value) => new() { Value = value };

    /// <summary>A cell with a number; exact up to 2^53.</summary>
    public static implicit operator ClipReportCell(long value) => new() { Value = value };

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
