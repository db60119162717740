using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Writes what the programs of other ecosystems read to make or check golden files. Each skips unless its environment variable names a directory.</summary>
public sealed class GoldenWriters
{
    [Fact]
    public void Write_WhenAskedTo_TheVocabularyAndTexts()
    {
        string? directory = Environment.GetEnvironmentVariable("CLIP_WRITE_VOCABULARY");
        Assert.SkipWhen(directory is null, "writes the input of Golden/tokenizers/ids.mjs to $CLIP_WRITE_VOCABULARY");
        ClipVocabularyTrainer.Train(VocabularyCorpus.Texts).Save(directory);
        File.WriteAllText(Path.Combine(directory, "texts.json"), JsonSerializer.Serialize(VocabularyCorpus.Probes));

        Assert.True(File.Exists(Path.Combine(directory, "tokenizer.json")));
    }
}
