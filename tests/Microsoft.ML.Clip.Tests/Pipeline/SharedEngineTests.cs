using System.Diagnostics;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// One prediction engine in the hands of several threads, which ML.NET forbids without ever saying so. Whoever meets another there is told. One that was
/// suspended for the whole of another's call, between ML.NET's taking the row and asking for its columns, cannot be: see ADR 2.
/// </summary>
public sealed class SharedEngineTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    private const int Threads = 8, CallsOfEach = 60;

    private readonly MLContext _ml = new(seed: 1);

    // ML.NET's engines dispose what they were made of. In a service that makes one for each request the second request fails, and "ClipModel is disposed" tells
    // nobody why.
    [Fact]
    public void Dispose_OfOneOfTwoEngines_SaysWhyTheOtherFails()
    {
        string file = fixture.TemporaryFile("shared.zip");
        _ml.Model.Save(fixture.Create("Image Path").Fit(fixture.Data), fixture.Data.Schema, file);
        var model = _ml.Model.Load(file, out _);
        using (var lent = _ml.Model.CreatePredictionEngine<StepRow, Output>(model, new PredictionEngineOptions { OwnsTransformer = false }))
        {
            lent.Predict(fixture.Rows[0]);
        }
        using var second = _ml.Model.CreatePredictionEngine<StepRow, Output>(model);
        second.Predict(fixture.Rows[0]);

        _ml.Model.CreatePredictionEngine<StepRow, Output>(model).Dispose();

        var error = Assert.ThrowsAny<Exception>(() => second.Predict(fixture.Rows[1]));
        Assert.Contains("PredictionEngineOptions { OwnsTransformer = false }", error.GetBaseException().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Image Path")]
    [InlineData("Image Image")]
    [InlineData("Text Text")]
    [InlineData("ZeroShot Path")]
    public void Predict_OnSeveralThreads_RefusesThoseWhoMeet(string step)
    {
        var model = fixture.Create(step).Fit(fixture.Data);
        float[][] expected = fixture.Run(model, step);
        using var engine = _ml.Model.CreatePredictionEngine<StepRow, Output>(model);
        int wrong = 0, refused = 0;
        // On a machine with other work two threads need not meet the first time.
        for (var watch = Stopwatch.StartNew(); refused == 0 && watch.Elapsed < TimeSpan.FromMinutes(2);)
        {
            PredictOnAllThreads();
        }

        Assert.True(refused > 0, "no two threads met, so that nothing was tried");
        Assert.True(wrong * 10 < refused, $"{wrong} wrong answers beside {refused} refusals");
        // And it goes on working for one.
        Assert.True(IsClose(expected[3], Values(step, engine.Predict(fixture.Rows[3]))));

        void PredictOnAllThreads()
        {
            var threads = Enumerable.Range(0, Threads).Select(t => new Thread(() =>
            {
                for (int call = 0; call < CallsOfEach; call++)
                {
                    // Each thread has images of its own, so that another's answer is known by sight.
                    int row = ((call * Threads) + t) % StepFixture.RowCount;
                    try
                    {
                        float[] found = Values(step, engine.Predict(fixture.Rows[row]));
                        Interlocked.Add(ref wrong, IsClose(expected[row], found) ? 0 : 1);
                    }
                    catch (InvalidOperationException e) when (e.Message.Contains("PredictionEnginePool", StringComparison.Ordinal))
                    {
                        Interlocked.Increment(ref refused);
                    }
                }
            })).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
        }
    }

    [Fact]
    public void Predict_AnEngineForEachThread_IsRight()
    {
        var model = fixture.Create("Image Path").Fit(fixture.Data);
        float[][] expected = fixture.Run(model, "Image Path");

        Parallel.For(0, Threads, t =>
        {
            using var engine = _ml.Model.CreatePredictionEngine<StepRow, Output>(model);
            for (int row = t; row < StepFixture.RowCount; row += Threads)
            {
                Assert.True(IsClose(expected[row], engine.Predict(fixture.Rows[row]).Features));
            }
        });
    }

    private static bool IsClose(float[] expected, float[] found) =>
        expected.Length == found.Length && expected.Zip(found).All(pair => MathF.Abs(pair.First - pair.Second) <= Tolerances.BatchSize);

    private static float[] Values(string step, Output output) => StepFixture.OutputOf(step) == "Score" ? output.Score : output.Features;

    private sealed class Output
    {
        [Data.ColumnName("Output")]
        public float[] Features { get; set; } = [];

        public float[] Score { get; set; } = [];
    }
}
