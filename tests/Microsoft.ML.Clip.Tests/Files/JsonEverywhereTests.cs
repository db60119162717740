using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Several stages read the JSON files of a model, some of them the same file: what one takes, all take.</summary>
public sealed class JsonEverywhereTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<bool> Layouts => [false, true];

    public void Dispose() => _directory.Dispose();

    [Theory, MemberData(nameof(Layouts))]
    public void Load_CommentsTrailingCommasAndByteOrderMark_AreReadInEveryStage(bool immich)
    {
        var plain = Read(TinyClip.WriteTo(_directory, new() { Immich = immich }));
        foreach (string file in JsonFiles())
        {
            string text = File.ReadAllText(file).TrimEnd();
            File.WriteAllText(file, $"// by hand\n{text[..^1]},  /* the last one */ }}\n", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        }

        Assert.Equal(plain, Read(_directory));
    }

    [Theory, MemberData(nameof(Layouts))]
    public void Load_BrokenJson_IsTheSameErrorInEveryStage(bool immich)
    {
        TinyClip.WriteTo(_directory, new() { Immich = immich });
        foreach (string file in JsonFiles())
        {
            byte[] good = File.ReadAllBytes(file);
            foreach (string bad in (string[])["", "{", "[]", "{ \"a\": 1 } x", "\"\\ud800\"", "{ \"\\ud800\": 1 }", "{ \"a\": [\"\\udc00\"] }", new string('[', 100)])
            {
                File.WriteAllText(file, bad);
                var error = Assert.Throws<InvalidDataException>(() => Read(_directory));
                Assert.Contains($"'{Path.GetRelativePath(_directory, file).Replace('\\', '/')}'", error.Message, StringComparison.Ordinal);
            }
            File.WriteAllBytes(file, good);
        }
    }

    // vocab.json is not read where there is a tokenizer.json.
    private List<string> JsonFiles()
    {
        List<string> files = [.. Directory.EnumerateFiles(_directory, "*.json", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "vocab.json")];
        Assert.Equal(4, files.Count);
        return files;
    }

    /// <summary>What the stages read: the preprocessing, the tokenizer, and the logit scale that may be recorded in config.json.</summary>
    private static (int, int, string, float) Read(string directory)
    {
        using var clip = ClipModel.Load(directory);
        return (clip.Preprocessor.Width, clip.ContextLength, string.Join(' ', clip.Tokenizer.EncodeToIds("A photo of a CAT")), clip.LogitScale);
    }
}
