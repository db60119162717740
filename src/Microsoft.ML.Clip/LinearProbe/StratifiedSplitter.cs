namespace Microsoft.ML.Clip;

/// <summary>
/// Decides row by row, without knowing how many will come, which go to validation: of each class the given share, never the first row, at random.
/// </summary>
internal sealed class StratifiedSplitter
{
    private readonly double _fraction;
    private readonly Random _random;
    private readonly double[] _owed;

    public StratifiedSplitter(int classes, double fraction, Random random)
    {
        (_fraction, _random) = (fraction, random);
        _owed = new double[classes];
        Array.Fill(_owed, double.NaN);
    }

    /// <summary>Whether the next row of class <paramref name="label"/> is a validation row.</summary>
    public bool IsValidation(int label)
    {
        ref double owed = ref _owed[label];
        if (double.IsNaN(owed))
        {
            owed = _fraction;
            return false;
        }
        // What is owed to validation stays between -1 and 1: the share is kept all along, while single rows are drawn.
        owed += _fraction;
        bool take = _random.NextDouble() < owed;
        if (take)
        {
            owed--;
        }
        return take;
    }
}
