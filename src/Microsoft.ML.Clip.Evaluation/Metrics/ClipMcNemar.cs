using MathNet.Numerics.Distributions;

namespace Microsoft.ML.Clip;

/// <summary>McNemar's exact test: whether two models that saw the same rows differ by more than luck.</summary>
/// <param name="OnlyFirst">How many rows only the first got right.</param>
/// <param name="OnlySecond">How many rows only the second got right.</param>
public readonly record struct ClipMcNemar(long OnlyFirst, long OnlySecond)
{
    /// <summary>
    /// The two-sided p value: how probable a difference such as this or a larger one is where both models are equally good. Rows on which both are right,
    /// or both wrong, say nothing.
    /// </summary>
    public double PValue => OnlyFirst + OnlySecond == 0 ? 1
        : Math.Min(1, 2 * Binomial.CDF(0.5, checked((int)(OnlyFirst + OnlySecond)), Math.Min(OnlyFirst, OnlySecond)));

    /// <summary>Compares two models row by row.</summary>
    /// <param name="first">Whether the first got the row right.</param>
    /// <param name="second">Whether the second did.</param>
    /// <returns>The test.</returns>
    /// <exception cref="ArgumentException">The lists are not of one length.</exception>
    public static ClipMcNemar Of(ReadOnlySpan<bool> first, ReadOnlySpan<bool> second)
    {
        if (first.Length != second.Length)
        {
            throw new ArgumentException($"The first model has {first.Length} rows, the second {second.Length}; both have to have seen the same.", nameof(second));
        }
        long onlyFirst = 0, onlySecond = 0;
        for (int i = 0; i < first.Length; i++)
        {
            onlyFirst += first[i] && !second[i] ? 1 : 0;
            onlySecond += !first[i] && second[i] ? 1 : 0;
        }
        return new(onlyFirst, onlySecond);
    }
}
