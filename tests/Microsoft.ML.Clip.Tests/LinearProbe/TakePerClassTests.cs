using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

public sealed class TakePerClassTests
{
    private static readonly ProbeProblem Problem = ProbeProblem.Blobs(200, 12, 4, 1, 41);

    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    public void TakePerClass_KeyOrText_GivesThatManyOfEachInOrder(int count)
    {
        foreach (string column in (string[])["Label", "Name"])
        {
            var taken = _ml.Data.TakePerClass(Problem.ToView(_ml), count, column, seed: 5);

            int[] rows = [.. taken.GetColumn<int>("Row")];
            Assert.Equal(4 * count, rows.Length);
            Assert.Equal(4 * count, taken.GetRowCount());
            Assert.Equal(rows.Order(), rows);
            Assert.All(rows.GroupBy(r => Problem.Labels[r]), g => Assert.Equal(count, g.Count()));
            // The other columns belong to the same rows.
            Assert.Equal(rows.Select(r => Problem.Features[r]), taken.GetColumnOf("Features"));
        }
    }

    [Fact]
    public void TakePerClass_Seeds_DecideTheRows()
    {
        int[] Rows(int? seed) => [.. _ml.Data.TakePerClass(Problem.ToView(_ml), 8, seed: seed).GetColumn<int>("Row")];

        Assert.Equal(Rows(3), Rows(3));
        Assert.NotEqual(Rows(3), Rows(4));
        int[] First() => [.. new MLContext(seed: 9).Data.TakePerClass(Problem.ToView(_ml), 8).GetColumn<int>("Row")];
        Assert.Equal(First(), First());
    }

    [Fact]
    public void TakePerClass_ManySeeds_TakeEveryRowAboutAsOften()
    {
        int[] counts = new int[200];
        for (int seed = 0; seed < 400; seed++)
        {
            foreach (int row in _ml.Data.TakePerClass(Problem.ToView(_ml), 5, seed: seed).GetColumn<int>("Row"))
            {
                counts[row]++;
            }
        }
        // 400 draws of 5 of about 50: about 40 times each, give or take 6.
        for (int row = 0; row < 200; row++)
        {
            double expected = 400 * 5.0 / Problem.Labels.Count(l => l == Problem.Labels[row]);
            Assert.InRange(counts[row], expected * 0.4, expected * 1.7);
        }
    }

    [Fact]
    public void TakePerClass_ClassWithFewerRows_TakesAllWithAWarning()
    {
        var warnings = new List<string>();
        _ml.Log += (_, e) => warnings.Add(e.Message);
        int[] labels = [.. Enumerable.Range(0, 50).Select(i => i < 3 ? 1 : 0)];
        var problem = new ProbeProblem(Problem.Features[..50], labels);

        int[] rows = [.. _ml.Data.TakePerClass(problem.ToView(_ml), 10).GetColumn<int>("Row")];

        Assert.Equal([0, 1, 2], rows.Where(r => r < 3));
        Assert.Equal(13, rows.Length);
        Assert.Contains(warnings, w => w.Contains("1 classes have fewer than 10 rows", StringComparison.Ordinal));
    }

    [Fact]
    public void TakePerClass_OtherColumns_StayUncomputed()
    {
        var rows = Enumerable.Range(0, 100).Select(i => new CountingRow(i % 4)).ToArray();
        var view = _ml.Data.LoadFromEnumerable(rows);

        var taken = _ml.Data.TakePerClass(view, 2, "Name");
        Assert.Equal(0, rows.Sum(r => r.Reads));
        Assert.Equal(8, taken.GetColumn<float>("Value").Count());
        Assert.Equal(8, rows.Sum(r => r.Reads));
    }

    [Fact]
    public void TakePerClass_BadArguments_SayWhatIsWrong()
    {
        Assert.ThrowsAny<ArgumentOutOfRangeException>(() => _ml.Data.TakePerClass(Problem.ToView(_ml), 0));
        Assert.Contains("'Nowhere'", Assert.ThrowsAny<ArgumentException>(() => _ml.Data.TakePerClass(Problem.ToView(_ml), 1, "Nowhere")).Message, StringComparison.Ordinal);
        Assert.Contains("a key or text", Assert.ThrowsAny<ArgumentException>(() => _ml.Data.TakePerClass(Problem.ToView(_ml), 1, "Row")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_FewShotCurve_IsThreeLines()
    {
        var (train, test) = (Problem.Slice(..150).ToView(_ml), Problem.Slice(150..).ToView(_ml));
        var accuracy = new List<double>();

        foreach (int shots in (int[])[1, 2, 4, 8, 16])
        {
            accuracy.Add(_ml.MulticlassClassification.Evaluate(_ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { L2Regularization = 1 })
                .Fit(_ml.Data.TakePerClass(train, shots, seed: 1)).Transform(test)).MicroAccuracy);
        }

        Assert.True(accuracy[^1] >= accuracy[0]);
        Assert.All(accuracy, a => Assert.InRange(a, 0.25, 1));
    }

    private sealed class CountingRow(int label)
    {
        [NoColumn]
        public int Reads { get; private set; }

        public string Name { get; set; } = ProbeProblem.NameOf(label);

        public float Value
        {
            get
            {
                Reads++;
                return 1;
            }
            set => Reads = 0;
        }
    }
}
