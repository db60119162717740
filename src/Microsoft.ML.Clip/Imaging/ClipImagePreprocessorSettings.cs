using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>What a bundle's preprocessing configuration says, validated. Defaults are those of CLIP ViT-B/32. Immutable.</summary>
internal sealed record ClipImagePreprocessorSettings
{
    /// <summary>The edge of the released OpenAI models' input, except ViT-L/14@336 and some ResNets.</summary>
    public const int DefaultImageSize = 224;

    /// <summary>No image tower takes more, and a tensor of this size already takes 192 MB.</summary>
    public const int MaximumEdge = 4096;

    /// <summary>Height of the output (the crop), in pixels.</summary>
    public int Height { get; init; } = DefaultImageSize;

    /// <summary>Width of the output (the crop), in pixels.</summary>
    public int Width { get; init; } = DefaultImageSize;

    public ClipResizeMode ResizeMode { get; init; } = ClipResizeMode.Shortest;

    /// <summary>Target height of the resize; for <see cref="ClipResizeMode.Shortest"/> equal to <see cref="ResizeWidth"/> unless the output is not square.</summary>
    public int ResizeHeight { get; init; } = DefaultImageSize;

    /// <summary>Target width of the resize.</summary>
    public int ResizeWidth { get; init; } = DefaultImageSize;

    public ResampleFilter Filter { get; init; } = ResampleFilter.Bicubic;

    /// <summary>The value, before scaling, of pixels outside the image.</summary>
    public byte Fill { get; init; }

    /// <summary>What pixel values are multiplied with, or <see langword="null"/> to leave them in 0 to 255.</summary>
    public double? RescaleFactor { get; init; } = 1 / 255.0;

    /// <summary>Mean and standard deviation per channel (R, G, B), or <see langword="null"/> to leave values as they are.</summary>
    public ChannelStatistics? Normalization { get; init; } = ChannelStatistics.Clip;

    public ClipImageConvention Convention { get; init; }

    /// <summary>What is done to an image, in a line for people.</summary>
    public override string ToString()
    {
        string resize = ResizeMode switch
        {
            ClipResizeMode.None => "no resize",
            ClipResizeMode.Shortest => $"shorter edge to {Math.Min(ResizeHeight, ResizeWidth)}",
            ClipResizeMode.Longest => $"fitted into {ResizeWidth} x {ResizeHeight}",
            _ => $"squashed to {ResizeWidth} x {ResizeHeight}",
        };
        string filter = ResizeMode == ClipResizeMode.None ? "" : $" ({Filter.ToString().ToLowerInvariant()})";
        string scale = RescaleFactor is not { } factor ? "values of 0 to 255" : factor == 1 / 255.0 ? "values of 0 to 1"
            : string.Create(CultureInfo.InvariantCulture, $"values times {factor:G6}");
        return $"{resize}{filter}, centre {Width} x {Height}, {scale}{(Normalization is { } n ? $", mean {List(n.Mean)}, deviation {List(n.StandardDeviation)}" : "")}";

        static string List(float[] values) => string.Join(' ', values.Select(v => v.ToString("G4", CultureInfo.InvariantCulture)));
    }

    /// <summary>CLIP's settings for another image size.</summary>
    public static ClipImagePreprocessorSettings ForImageSize(int size) => new ClipImagePreprocessorSettings().WithImageSize(size);

    /// <summary>The same for another image size.</summary>
    public ClipImagePreprocessorSettings WithImageSize(int size) => this with { Height = size, Width = size, ResizeHeight = size, ResizeWidth = size };

    /// <summary>Whether two settings prepare images alike, the last bits apart, in which conventions differ.</summary>
    /// <remarks>Records compare lists by place in memory.</remarks>
    public bool MeansTheSameAs(ClipImagePreprocessorSettings other)
    {
        var (mine, theirs) = (Normalization, other.Normalization);
        bool isNormalizedAlike = mine is null || theirs is null ? mine == theirs
            : mine.Mean.SequenceEqual(theirs.Mean) && mine.StandardDeviation.SequenceEqual(theirs.StandardDeviation);
        return isNormalizedAlike && this with { Normalization = null } == other with { Normalization = null, Convention = Convention };
    }
}
