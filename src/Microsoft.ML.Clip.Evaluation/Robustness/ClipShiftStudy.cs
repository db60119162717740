using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Many models on several shifted sets: the line of standard models of each shift and of the means, and how far each model is above them. Radford et al.
/// 2021, section 3.3, figures 13 to 15. Immutable.
/// </summary>
/// <remarks>
/// The paper's seven shifts are <see cref="ClipBenchmarks.Shifts7"/>, of which two have two accuracies each (<see cref="ClipShiftAccuracy.Mean"/>). The
/// accuracy on ImageNet is to be
/// that among each shift's classes (<see cref="ClipClassSubset"/>); against plain accuracy on ImageNet, ImageNet-A or ObjectNet would look harder or easier
/// than
/// they are.
/// </remarks>
public sealed record ClipShiftStudy
{
    /// <summary>The line, or the two, of each shift.</summary>
    public required IReadOnlyList<ClipShiftLine> Lines { get; init; }

    /// <summary>The line of the means over all shifts, over the standard models that have all.</summary>
    public required ClipRobustnessLine MeanLine { get; init; }

    /// <summary>The models, in the order in which they were given.</summary>
    public required IReadOnlyList<ClipModelRobustness> Models { get; init; }

    /// <summary>Fits lines over the standard models, and compares all with them.</summary>
    /// <param name="models">The models; their names differ. Shifts stand in the order in which they first appear.</param>
    /// <param name="bends">Where the line of a shift has a bend, by its name; <see langword="null"/> for nowhere.</param>
    /// <returns>The study.</returns>
    /// <exception cref="ArgumentException">
    /// There is no model or no shift, two models have one name, an accuracy is none, too few standard models have a shift, or a bend is of a shift that nobody
    /// has; the message names it.
    /// </exception>
    public static ClipShiftStudy Fit(IEnumerable<ClipShiftModel> models, IReadOnlyDictionary<string, double>? bends = null)
    {
        ArgumentNullException.ThrowIfNull(models);
        ClipShiftModel[] all = [.. models];
        string[] shifts = [.. all.SelectMany(m => m.Shifts.Keys).Distinct(StringComparer.Ordinal)];
        Check(all, shifts, bends);
        ClipShiftLine[] lines = [.. shifts.Select(shift => ClipShiftLine.Fit(shift,
            [.. all.Where(m => m.IsStandard && m.Shifts.ContainsKey(shift)).Select(m => m.Shifts[shift])],
            bends is not null && bends.TryGetValue(shift, out double at) ? at : null))];
        var meanLine = ClipShiftLine.Fit("the mean of all shifts", [.. all.Where(m => m.IsStandard && m.Shifts.Count == shifts.Length).Select(MeanOf)]).Line;
        return new ClipShiftStudy
        {
            Lines = lines,
            MeanLine = meanLine,
            Models = [.. all.Select(model =>
            {
                ClipShiftRobustness[] ofShifts = [.. lines.Where(l => model.Shifts.ContainsKey(l.Shift))
                    .Select(l => new ClipShiftRobustness(l.Shift, model.Shifts[l.Shift], l.Expect(model.Shifts[l.Shift].Base)))];
                ClipShiftAccuracy? mean = ofShifts.Length == lines.Length ? MeanOf(model) : null;
                return new ClipModelRobustness
                {
                    Name = model.Name,
                    IsStandard = model.IsStandard,
                    Shifts = ofShifts,
                    Mean = mean,
                    MeanEffective = mean is null ? null : ofShifts.Average(s => s.Effective),
                    EffectiveOfMean = mean is { } m ? meanLine.EffectiveRobustness(m.Base, m.Shifted) : null,
                };
            })],
        };
    }

    private static ClipShiftAccuracy MeanOf(ClipShiftModel model) => ClipShiftAccuracy.Mean(model.Shifts.Values);

    private static void Check(ClipShiftModel[] models, string[] shifts, IReadOnlyDictionary<string, double>? bends)
    {
        if (shifts.Length == 0)
        {
            throw new ArgumentException($"The {models.Length} models were measured on no shifted set.", nameof(models));
        }
        if (models.GroupBy(m => m.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"There are {twice.Count()} models of the name '{twice.Key}'.", nameof(models));
        }
        foreach (var (model, shift, accuracy) in models.SelectMany(m => m.Shifts.Select(s => (m.Name, s.Key, s.Value))))
        {
            if (accuracy is not { Base: >= 0 and <= 1, Shifted: >= 0 and <= 1 })
            {
                throw new ArgumentException($"'{model}' has on '{shift}' the accuracies {accuracy.Base} and {accuracy.Shifted}; expected 0 to 1.", nameof(models));
            }
        }
        if (bends?.Keys.FirstOrDefault(b => !shifts.Contains(b, StringComparer.Ordinal)) is { } unknown)
        {
            throw new ArgumentException($"There is to be a bend for '{unknown}', on which no model was measured; there are {string.Join(", ", shifts)}.", nameof(bends));
        }
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
