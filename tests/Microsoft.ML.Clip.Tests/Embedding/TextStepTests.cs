namespace Microsoft.ML.Clip.Tests;

public sealed class TextStepTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    [Fact]
    public void OnTooLong_Throw_NamesTheRowAndTheNumberOfTokens()
    {
        var ml = fixture.ML;
        string tooLong = string.Concat(Enumerable.Repeat("cat ", 100));
        var data = ml.Data.LoadFromEnumerable(new[] { "a cat", tooLong }.Select(t => new StepRow { Text = t }));

        var error = Assert.Throws<InvalidOperationException>(() =>
            ml.Transforms.ClipTextEmbedding("Output", "Text", fixture.Model, new() { OnTooLong = ClipOnTooLong.Throw }).Fit(data).Transform(data).GetColumnOf("Output"));
        Assert.StartsWith("Row 1 (counted from 0), column 'Text': The text has ", error.Message, StringComparison.Ordinal);
        Assert.Contains($"context holds {fixture.Model.ContextLength}", error.Message, StringComparison.Ordinal);

        float[][] rows = ml.Transforms.ClipTextEmbedding("Output", "Text", fixture.Model).Fit(data).Transform(data).GetColumnOf("Output");
        Assert.Equal(2, rows.Length);
        Assert.All(rows[1], v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void Transform_EqualsEncodeTexts()
    {
        float[][] rows = fixture.Run(fixture.Create("Text Text").Fit(fixture.Data), "Text Text");
        float[][] direct = fixture.Model.EncodeTexts([.. fixture.Rows.Select(r => r.Text)]);

        for (int i = 0; i < rows.Length; i++)
        {
            Assert.All(direct[i].Zip(rows[i]), pair => Assert.Equal(pair.First, pair.Second, Tolerances.BatchSize));
        }
    }
}
