using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

public static partial class ClipPlots
{
    /// <summary>How many rows, and how many columns, a heat map can have.</summary>
    public const int MaximumHeatMapSize = 100;

    private const int GuessesShown = 5;

    /// <summary>
    /// How far probabilities can be believed: accuracy over confidence in the bins of a <see cref="ClipClassificationMeter"/>, each with its 99.5% interval and its share of
    /// rows, and the calibration error (ECE) in the legend (Guo et al. 2017).
    /// </summary>
    /// <param name="title">What stands above; may be empty.</param>
    /// <param name="bins">The bins (<see cref="ClipClassificationResult.Calibration"/>); at least one.</param>
    /// <param name="width">The plot's width, 200 to 4,000; it is about as high.</param>
    /// <returns>An <c>svg</c> element.</returns>
    /// <exception cref="ArgumentException">There is no bin, as where scores were no probabilities, or one holds no rows or no shares; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width is none.</exception>
    public static string Reliability(string title, IReadOnlyList<ClipCalibrationBin> bins, int width = 560)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(bins);
        PlotInput.CheckSize(width);
        if (bins.Count == 0)
        {
            throw new ArgumentException($"There is no bin for the plot '{title}'; scores that are no probabilities have none.", nameof(bins));
        }
        for (int i = 0; i < bins.Count; i++)
        {
            if (bins[i] is not { Count: > 0, Confidence: >= 0 and <= 1, Accuracy: >= 0 and <= 1 })
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                    $"Bin {i} (counted from 0) has {bins[i].Count} rows, the confidence {bins[i].Confidence} and the accuracy {bins[i].Accuracy}; expected rows, and shares from 0 to 1."), nameof(bins));
            }
        }
        return ReliabilityPlot.Draw(title, bins, width);
    }

    /// <summary>
    /// Numbers of rows and columns as colours: confusions, shares of groups. Where any is below 0, those are of another colour. The number stands in its cell
    /// where it has room.
    /// </summary>
    /// <param name="title">What stands above; may be empty.</param>
    /// <param name="rows">The names of the rows, from the top; 1 to <see cref="MaximumHeatMapSize"/>.</param>
    /// <param name="columns">The names of the columns; 1 to <see cref="MaximumHeatMapSize"/>.</param>
    /// <param name="values">For each row a number for each column; <see langword="null"/> leaves the cell empty.</param>
    /// <param name="options">How it is drawn; <see langword="null"/> for whole numbers.</param>
    /// <returns>An <c>svg</c> element.</returns>
    /// <exception cref="ArgumentException">There are no names or too many, the numbers do not fit them, or one is NaN or infinite; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width or the number of digits is none.</exception>
    public static string HeatMap(string title, IReadOnlyList<string> rows, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<double?>> values,
        ClipHeatMapOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(values);
        options ??= new();
        PlotInput.CheckSize(options.Width);
        PlotInput.CheckDecimals(options.Decimals);
        if (rows.Count is 0 or > MaximumHeatMapSize || columns.Count is 0 or > MaximumHeatMapSize)
        {
            throw new ArgumentException($"There are {rows.Count} rows and {columns.Count} columns for the plot '{title}'; expected 1 to {MaximumHeatMapSize} of each. Of more choose those that it is about.");
        }
        if (values.Count != rows.Count)
        {
            throw new ArgumentException($"There are {values.Count} rows of numbers for {rows.Count} names.", nameof(values));
        }
        for (int row = 0; row < rows.Count; row++)
        {
            if (values[row].Count != columns.Count)
            {
                throw new ArgumentException($"Row {row} (counted from 0), '{rows[row]}', has {values[row].Count} numbers for {columns.Count} columns.", nameof(values));
            }
            for (int column = 0; column < columns.Count; column++)
            {
                if (values[row][column] is { } value && !double.IsFinite(value))
                {
                    throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Row {row} (counted from 0), '{rows[row]}', has {value} for '{columns[column]}'; expected a number, or nothing."), nameof(values));
                }
            }
        }
        return HeatPlot.Draw(title, rows, columns, values, options);
    }

    /// <summary>
    /// Images, each with the five classes that a model took it for as bars of their probability and the true class marked: figure 21. This is no <c>svg</c>
    /// but a
    /// <c>div</c> of HTML, with the images in it.
    /// </summary>
    /// <param name="images">The images; at least one.</param>
    /// <returns>A <c>div</c> element.</returns>
    /// <exception cref="ArgumentException">
    /// There is no image, one is not JPEG, PNG, GIF or WebP, nothing was guessed, or a probability is not from 0 to 1; the message names it.
    /// </exception>
    public static string ImageGrid(IReadOnlyList<ClipPlotImage> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.Count == 0)
        {
            throw new ArgumentException("There is no image for the grid.", nameof(images));
        }
        var html = new StringBuilder("<div class=\"clip-grid\">\n<style>").Append(ImageCards.Styles).Append("</style>\n");
        for (int i = 0; i < images.Count; i++)
        {
            ImageCards.Append(html, images[i], i, GuessesShown);
        }
        return html.Append("</div>").ToString();
    }
}
