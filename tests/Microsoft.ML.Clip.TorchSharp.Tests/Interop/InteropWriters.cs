using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Writes what programs of other ecosystems read to make or check golden values. Each skips unless its environment variable names a directory.
/// </summary>
public sealed class InteropWriters
{
    private const int Images = 3;

    private static readonly string[] Texts = ["a photo of a tabby cat.", "A red fox", "espresso, ice-cream", ""];

    [Fact]
    public void Write_WhenAskedTo_TheVocabularyAndTexts()
    {
        string directory = Wanted("CLIP_WRITE_VOCABULARY", "Golden/tokenizers/ids.mjs");
        ClipVocabularyTrainer.Train(VocabularyCorpus.Texts).Save(directory);
        File.WriteAllText(Path.Combine(directory, "texts.json"), JsonSerializer.Serialize(VocabularyCorpus.Probes));

        Assert.True(File.Exists(Path.Combine(directory, "tokenizer.json")));
    }

    [Fact]
    public void Write_WhenAskedTo_ExportsAndTheirEmbeddings()
    {
        string directory = Wanted("CLIP_WRITE_EXPORTS", "Interop/check.mjs");
        foreach (var (name, architecture) in ExportedModel.Architectures)
        {
            using var model = new ExportedModel(architecture);
            string folder = model.Export(Path.Combine(directory, string.Concat(name.Where(char.IsLetterOrDigit))));
            model.Export(folder, new() { Precision = ClipWeightPrecision.Float16, Variant = "fp16" });
            model.Export(folder, new() { Precision = ClipWeightPrecision.Int8, Variant = "int8" });
            float[] pixels = model.RandomPixels(Images, seed: 1);
            var tokenizer = ExportedModel.Vocabulary.CreateTokenizer();
            int[][] ids = [.. Texts.Select(text => Encode(tokenizer, text))];
            File.WriteAllText(Path.Combine(folder, "expected.json"), JsonSerializer.Serialize(new
            {
                pixels,
                shape = new[] { Images, 3, architecture.ImageSize, architecture.ImageSize },
                image_embeds = model.EncodeImages(pixels).Joint,
                texts = Texts,
                ids,
                text_embeds = model.EncodeTexts([.. ids.SelectMany(row => row.Select(id => (long)id))], tokenizer.ContextLength),
                dimension = architecture.JointDimension,
            }));
        }

        Assert.Equal(ExportedModel.Architectures.Count, Directory.GetDirectories(directory).Length);
    }

    private static int[] Encode(ClipTokenizer tokenizer, string text)
    {
        int[] ids = new int[tokenizer.ContextLength];
        tokenizer.EncodeToContext(text, ids, out _);
        return ids;
    }

    private static string Wanted(string variable, string program)
    {
        string? directory = Environment.GetEnvironmentVariable(variable);
        Assert.SkipWhen(directory is null, $"writes the input of {program} to ${variable}");
        return Directory.CreateDirectory(directory).FullName;
    }
}
