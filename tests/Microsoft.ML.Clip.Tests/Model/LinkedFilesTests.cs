namespace Microsoft.ML.Clip.Tests;

/// <summary>Models whose files are links: Hugging Face's cache has them in snapshots/, to files in blobs/ that are called by their hashes.</summary>
public sealed class LinkedFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Layouts => ["split", "combined", "immich", "split, without features"];

    public void Dispose() => _directory.Dispose();

    [Theory, MemberData(nameof(Layouts))]
    public void Encode_HubCacheWithExternalData_GivesWhatTheFilesGive(string layout)
    {
        string plain = Write(layout), cache = Link(plain, "cache", (_, i) => $"blobs/{i:x8}");

        Assert.Equal(Embeddings(plain), Embeddings(cache));
    }

    [Theory, MemberData(nameof(Layouts))]
    public void Encode_OnlyTheWeightsAreLinks_GivesWhatTheFilesGive(string layout)
    {
        string plain = Write(layout), mixed = Link(plain, "mixed", (name, i) => name.EndsWith("_data", StringComparison.Ordinal) ? $"elsewhere/{i}" : null);

        Assert.Equal(Embeddings(plain), Embeddings(mixed));
    }

    [Theory, MemberData(nameof(Layouts))]
    public void Encode_EveryFileInAFolderOfItsOwn_GivesWhatTheFilesGive(string layout)
    {
        string plain = Write(layout), scattered = Link(plain, "scattered", (_, i) => $"store/{i}/content");

        Assert.Equal(Embeddings(plain), Embeddings(scattered));
    }

    [Fact]
    public void Save_HubCache_LoadsElsewhere()
    {
        string cache = Link(Write("combined"), "cache", (_, i) => $"blobs/{i:x8}");
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable([new StepRow { Text = "a photo of a cat" }]);
        using var clip = ClipModel.Load(cache);
        using var fitted = ml.Transforms.ClipTextEmbedding("Output", "Text", clip).Fit(data);
        string file = _directory.Combine("saved.zip");
        ml.Model.Save(fitted, data.Schema, file);
        float[][] expected = fitted.Transform(data).GetColumnOf("Output");
        Directory.Delete(_directory.Combine("cache"), recursive: true);

        var loaded = ml.Model.Load(file, out _);

        Assert.Equal(expected, loaded.Transform(data).GetColumnOf("Output"));
        ((IDisposable)loaded).Dispose();
    }

    private string Write(string layout) => TinyClip.WriteTo(_directory.Combine("plain"), new()
    {
        ExternalData = true,
        Combined = layout == "combined",
        Immich = layout == "immich",
        PoolerOutput = layout != "split, without features",
    });

    /// <summary>The same model, of links to files that lie elsewhere; files without a place there are copied.</summary>
    private string Link(string model, string name, Func<string, int, string?> place)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        string snapshot = _directory.Combine($"{name}/snapshots/main");
        int count = 0;
        foreach (string file in Directory.GetFiles(model, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(snapshot, Path.GetRelativePath(model, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (place(file, count++) is { } blob)
            {
                string real = _directory.Copy(file, $"{name}/{blob}");
                // Relative, as the hub's cache has them.
                File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, real));
            }
            else
            {
                File.Copy(file, target);
            }
        }
        return snapshot;
    }

    /// <summary>I_e, I_f where there is one, and T_e.</summary>
    private static float[][] Embeddings(string directory)
    {
        using var clip = ClipModel.Load(directory);
        var pixels = Rows.Of([.. Enumerable.Range(0, 3 * 8 * 8).Select(i => i / 100f)], 1);
        float[] joint = new float[6];
        clip.EncodePixels(pixels, ClipFeatures.JointEmbedding, normalize: false, Rows.Of(joint, 1));
        float[] features = new float[TinyClip.ImageWidth];
        clip.EncodePixels(pixels, ClipFeatures.Encoder, normalize: false, Rows.Of(features, 1));
        return [joint, features, clip.EncodeTexts(["a photo of a cat"])[0]];
    }
}
