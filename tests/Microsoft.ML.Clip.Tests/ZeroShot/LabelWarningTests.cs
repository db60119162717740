namespace Microsoft.ML.Clip.Tests;

/// <summary>Labels that would make scores meaningless without a word: the same tokens, cut prompts, scripts that the vocabulary does not know.</summary>
public sealed class LabelWarningTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    // The tiny model's context holds 14 letters.
    private const string Long = "a b c d e f g h i j k l m n o p";

    [Fact]
    public void SameTokens_WarnWithBothLabelsAndWhy()
    {
        string[] warnings = Warnings(["cat", "dog", "Cat", " dog  ", "bird"]);

        string warning = Assert.Single(warnings);
        Assert.Contains("'cat' (label 0) and 'Cat' (label 2); 'dog' (label 1) and ' dog  ' (label 3)", warning, StringComparison.Ordinal);
        Assert.Contains("become the same tokens", warning, StringComparison.Ordinal);
        var prediction = ClipZeroShotClassifier.Create(fixture.Model, ["cat", "Cat"]).Classify(fixture.Rows[0].Embedding);
        Assert.Equal([0.5f, 0.5f], prediction.Scores);
    }

    /// <summary>What is taken for short without a look is: the shortest prompts that are cut are still found, whatever characters they are made of.</summary>
    [Theory]
    [InlineData("q"), InlineData("~"), InlineData("&nGt;"), InlineData("\u00e9"), InlineData("\u221e"), InlineData("1")]
    public void PromptsOneTokenTooLong_AreRefused_AndThoseThatJustFitAreNot(string piece)
    {
        var tokenizer = fixture.Model.Tokenizer;
        string text = "";
        // Blanks between, so that each piece is a token at least.
        while (tokenizer.CountTokens(text + piece) <= tokenizer.ContextLength)
        {
            text += piece + " ";
        }
        ClipZeroShotClassifier.Create(fixture.Model, [text.Trim()], ["{}"], onTooLong: ClipOnTooLong.Throw);
        Assert.Throws<ArgumentException>(() => ClipZeroShotClassifier.Create(fixture.Model, [text + piece], ["{}"], onTooLong: ClipOnTooLong.Throw));
    }

    [Fact]
    public void SameTokensBehindTheCut_WarnOfTheContextLength()
    {
        string[] warnings = Warnings([Long + " one", Long + " two", "cat"], ["{}", "the {}"]);

        Assert.Contains(warnings, w => w.Contains($"differ only where their prompts are cut at the context length, {fixture.Model.ContextLength} tokens", StringComparison.Ordinal)
            && w.Contains($"'{Long} one' (label 0) and '{Long} two' (label 1)", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains($"Prompts are cut at the model's context length, {fixture.Model.ContextLength} tokens", StringComparison.Ordinal)
            && w.Contains($"'{Long} one' (label 0), 21 tokens", StringComparison.Ordinal));
        Assert.Equal(2, warnings.Length);
    }

    [Fact]
    public void LabelsThatOneTemplateTellsApart_DoNotTie()
    {
        // The first cuts before they differ, the second does not.
        string[] warnings = Warnings(["cat a", "cat b"], ["1 2 3 4 5 6 7 8 9 10 11 12 {}", "{}"]);

        Assert.Contains("are cut", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void ManyFindings_AreOneMessageThatNamesTheFirst()
    {
        string[] labels = [.. Enumerable.Range(0, 25).SelectMany(i => (string[])[$"cat {i}", $"CAT {i}"])];

        string warning = Assert.Single(Warnings(labels));

        Assert.Contains("'cat 9' (label 18) and 'CAT 9' (label 19); 15 more", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void FittedAgainAndCrossValidated_SaysEachWarningOnce()
    {
        var ml = new MLContext(seed: 1);
        var warnings = new List<string>();
        ml.Log += (_, e) =>
        {
            // What the model says of itself, the first context hears that uses it: this one, or another test's.
            if (e.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning && !e.Message.Contains("; CLIP model,", StringComparison.Ordinal))
            {
                warnings.Add(e.Message);
            }
        };
        var rows = ml.Data.LoadFromEnumerable(fixture.Rows.Select((row, i) => new NamedRow { Path = row.Path, Name = i % 2 == 0 ? "cat" : "dog" }));
        var pipeline = ml.Transforms.ClipLabelKey("Label", "Name", ["dog", "cat", "Cat"])
            .Append(ml.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model))
            .Append(ml.Transforms.ClipZeroShotClassification("Features", fixture.Model, ["cat", "dog", "Cat"]));

        pipeline.Fit(rows).Transform(rows).GetColumnOf("Score");
        pipeline.Fit(rows);
        ml.MulticlassClassification.CrossValidate(rows, pipeline, numberOfFolds: 3);

        Assert.Single(warnings, w => w.Contains("become the same tokens", StringComparison.Ordinal));
        Assert.Single(warnings, w => w.Contains("are in another order than the zero-shot labels", StringComparison.Ordinal));
        Assert.True(warnings.Count == 2, string.Join('\n', warnings));
    }

    [Fact]
    public void RepeatedLabels_ThatWereAllowed_AreNoFinding() => Assert.Empty(Warnings(["cat", "dog", "cat"], options: new() { AllowRepeatedLabels = true }));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OnTooLong_Throw_NamesTheLabelAndItsTokens(bool inFit)
    {
        string[] labels = ["cat", Long];

        var error = Assert.ThrowsAny<ArgumentException>(() => inFit
            ? (object)fixture.ML.Transforms.ClipZeroShotClassification("Path", fixture.Model, labels, ["{}"], new() { OnTooLong = ClipOnTooLong.Throw })
                .Fit(fixture.Data)
            : ClipZeroShotClassifier.Create(fixture.Model, labels, ["{}"], onTooLong: ClipOnTooLong.Throw));

        Assert.Contains($"the label '{Long}' (label 1) has 18 tokens, but the model's context holds {fixture.Model.ContextLength}", error.Message, StringComparison.Ordinal);
        ClipZeroShotClassifier.Create(fixture.Model, ["cat", "dog"], ["{}"], onTooLong: ClipOnTooLong.Throw);
    }

    [Fact]
    public void OnTooLong_UnknownChoice_IsRefused() => Assert.Contains("OnTooLong is 7; expected Truncate or Throw.",
        Assert.ThrowsAny<ArgumentException>(() => ClipZeroShotClassifier.Create(fixture.Model, ["cat"], onTooLong: (ClipOnTooLong)7)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void ForeignScript_WarnsWithTokensPerLetter()
    {
        string warning = Assert.Single(Warnings(["пес", "cat", "naïve café", "犬"], ["{}"]));

        Assert.Contains("'пес' (label 0), 6 tokens for 3 letters (2.0 a letter); '犬' (label 3), 3 tokens for 1 letter (3.0 a letter).", warning, StringComparison.Ordinal);
        Assert.Contains("use a multilingual model", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("고양이 강아지 비행기 자동차 바나나 김치")]
    [InlineData("猫 狗 飞机 汽车 鸟 金毛寻回犬 中国 人")]
    [InlineData("ねこ いぬ ひこうき 飛行機 ネコ コーヒー かわいい")]
    [InlineData("кошка собака самолёт автомобиль книга кішка стол")]
    [InlineData("γάτα σκύλος αεροπλάνο")]
    [InlineData("قطة كلب طائرة شجرة")]
    [InlineData("חתול כלב מטוס")]
    [InlineData("बिल्ली कुत्ता")]
    [InlineData("แมว สุนัข รถไฟ")]
    public void OpenAIVocabulary_OtherScripts_AreFound(string words)
    {
        var tokenizer = ClipTokenizer.Load(SharedFolder.Require("fixtures/models/tiny-vit"));

        Assert.All(words.Split(' '), word => Assert.NotNull(ForeignScript.Find(tokenizer, word)));
    }

    [Theory]
    [InlineData("cat|a photo of a dog|naïve|piñata|fiancée|façade|90° angle|don’t|“quoted”|cat 😀|€ 5|№ 5|the letter π")]
    [InlineData("où|œuf|Cœur|été|Noël|garçon|À|Ô|ŸÇ|l’île|hôpital|maïs|æ|ça et là")]
    [InlineData("Käsespätzle|Straße|STRAẞE|Größe|Übung|Fußgängerübergang|Ö|ß|Zürich „alt“")]
    [InlineData("żółć|řeřicha|ő|ñandú|ğ|å|Þór|hæð|ș|e\u0301te\u0301|ﬁsh")]
    public void OpenAIVocabulary_LatinWithAccents_AreNot(string labels)
    {
        var tokenizer = ClipTokenizer.Load(SharedFolder.Require("fixtures/models/tiny-vit"));

        Assert.All(labels.Split('|'), label => Assert.Null(ForeignScript.Find(tokenizer, label)));
    }

    [Fact]
    public void MultilingualVocabulary_IsNotWarnedOf()
    {
        // It knows one word, and the letters of both.
        var tokenizer = TokenizerOf("к о", "ко ш", "к а</w>", "кош ка</w>");

        Assert.Null(ForeignScript.Find(tokenizer, "кошка"));
        Assert.NotNull(ForeignScript.Find(tokenizer, "собака"));
    }

    [Fact]
    public void Create_TellsTheModelsListeners_AndKeepsNothing()
    {
        using var model = ClipModel.Load(fixture.ModelDirectory);
        var heard = new List<string>();
        var later = new List<string>();
        model.Message += (_, m) => heard.Add($"{m.Kind} {m.Text}");

        ClipZeroShotClassifier.Create(model, ["cat", "Cat"]);
        model.Message += (_, m) => later.Add(m.Text);

        Assert.Single(heard, m => m.StartsWith("Warning These labels become the same tokens", StringComparison.Ordinal));
        Assert.DoesNotContain(later, m => m.Contains("same tokens", StringComparison.Ordinal));
    }

    private static ClipTokenizer TokenizerOf(params string[] merges)
    {
        char[] bytes = [.. Enumerable.Range(0, 256).Select(b => b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255) ? (char)b : ' ')];
        int next = 256;
        for (int b = 0; b < 256; b++)
        {
            bytes[b] = bytes[b] == ' ' ? (char)next++ : bytes[b];
        }
        string Bytes(string text) => string.Concat(System.Text.Encoding.UTF8.GetBytes(text).Select(b => bytes[b]));
        // Letters of two bytes are made first.
        string[] letters = [.. "кошасб".Select(c => Bytes(c.ToString())).SelectMany(l => (string[])[$"{l[0]} {l[1]}", $"{l[0]} {l[1]}</w>"])];
        string Part(string text) => text.EndsWith("</w>", StringComparison.Ordinal) ? Bytes(text[..^4]) + "</w>" : Bytes(text);
        string[] lines = [.. letters, .. merges.Select(m => string.Join(' ', m.Split(' ').Select(Part)))];
        string[] tokens = [.. bytes.Select(b => b.ToString()), .. bytes.Select(b => b + "</w>"), .. lines.Select(l => l.Replace(" ", "", StringComparison.Ordinal)),
            "<|startoftext|>", "<|endoftext|>"];
        string vocabulary = System.Text.Json.JsonSerializer.Serialize(tokens.Distinct().Select((t, i) => (t, i)).ToDictionary(p => p.t, p => p.i));
        return ClipTokenizer.Create(Stream(vocabulary), Stream("#version: 0.2\n" + string.Join('\n', lines) + "\n"));
    }

    private static MemoryStream Stream(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));

    private string[] Warnings(string[] labels, string[]? templates = null, ClipZeroShotOptions? options = null)
    {
        var ml = new MLContext();
        var log = new List<string>();
        ml.Log += (_, e) => log.Add($"{e.Kind} {e.Message}");
        ml.Transforms.ClipZeroShotClassification("Path", fixture.Model, labels, templates, options).Fit(ml.Data.LoadFromEnumerable(fixture.Rows));
        return [.. log.Where(m => m.StartsWith("Warning", StringComparison.Ordinal) && m.Contains("label", StringComparison.OrdinalIgnoreCase))];
    }

    private sealed class NamedRow
    {
        public string Path { get; set; } = "";

        public string Name { get; set; } = "";
    }
}
