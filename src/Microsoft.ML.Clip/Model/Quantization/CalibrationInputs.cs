namespace Microsoft.ML.Clip;

/// <summary>Inputs of one tower: those that it is calibrated on, and those that it is compared on afterwards.</summary>
/// <param name="Calibration">One behind the other.</param>
/// <param name="Test">The same inputs, where there are no others.</param>
/// <param name="IsGenerated">Whether they were made up.</param>
/// <param name="IsHeldOut">Whether the second are others than the first.</param>
internal sealed record CalibrationInputs<T>(Rows<T> Calibration, Rows<T> Test, bool IsGenerated, bool IsHeldOut)
{
    /// <summary>Some rows after others, from the start again at the end.</summary>
    public Rows<T> Batch(int number, int size)
    {
        int batches = (Calibration.Count + size - 1) / size, start = number % batches * size;
        return Calibration.Slice(start, Math.Min(size, Calibration.Count - start));
    }
}

/// <summary>Chooses what is calibrated on and what is compared on.</summary>
internal static class CalibrationSplit
{
    /// <summary>The most inputs that are calibrated on: beyond them scales hardly move.</summary>
    public const int MostCalibration = 64;

    /// <summary>The most that are compared on.</summary>
    public const int MostTests = 256;

    /// <summary>Takes every n-th of a list to calibrate on, and of the rest every m-th to compare on; one item serves for both.</summary>
    public static (int[] Calibration, int[] Test) Of(int count)
    {
        int most = Math.Min(MostCalibration, (count + 1) / 2);
        int[] calibration = Spread(count, most);
        int[] rest = [.. Enumerable.Range(0, count).Except(calibration)];
        return (calibration, rest.Length == 0 ? calibration : [.. Spread(rest.Length, Math.Min(MostTests, rest.Length)).Select(i => rest[i])]);
    }

    private static int[] Spread(int count, int most) => [.. Enumerable.Range(0, most).Select(i => (int)((long)i * count / most))];
}
