namespace Microsoft.ML.Clip;

public sealed partial class ClipDataSet
{
    /// <summary>
    /// Cuts the set in two, class by class, where none was published: some of each class to test on, the others to train on. Reads the labels once, now;
    /// images are read when rows are.
    /// </summary>
    /// <param name="testFraction">The share of each class to test on, above 0 and below 1; of a class with two images or more each part has at least one.</param>
    /// <param name="seed">Decides which.</param>
    /// <returns>Both parts, with the rows in the order of the set. A class with one image is in the part to train on alone.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The share is none.</exception>
    /// <exception cref="InvalidDataException">Something of the set does not fit together; the message names the file and the row.</exception>
    public (ClipDataSet Train, ClipDataSet Test) Split(double testFraction = 0.5, int seed = 0)
    {
        if (testFraction is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(testFraction), testFraction, "The share to test on lies between 0 and 1.");
        }
        int[] labels = [.. Read().Select(r => r.Label)];
        bool[] isTest = new bool[labels.Length];
        var random = new Random(seed);
        foreach (int[] rows in Enumerable.Range(0, labels.Length).GroupBy(i => labels[i]).OrderBy(g => g.Key).Select(g => g.ToArray()))
        {
            random.Shuffle(rows);
            int count = rows.Length < 2 ? 0 : Math.Clamp((int)Math.Round(rows.Length * testFraction), 1, rows.Length - 1);
            foreach (int row in rows.AsSpan(0, count))
            {
                isTest[row] = true;
            }
        }
        return (Part("train", isTest, false), Part("test", isTest, true));
    }

    private ClipDataSet Part(string part, bool[] marks, bool wanted) =>
        new($"{Name} ({part})", ClassNames, ImagesAreFiles, () => Read().Where((_, i) => i < marks.Length && marks[i] == wanted))
        {
            Count = marks.Count(m => m == wanted),
            Templates = Templates,
            Skipped = Skipped,
        };
}
