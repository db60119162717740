using System.Numerics.Tensors;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>Writes towers with a head behind them as one model.</summary>
internal static class LockedBundle
{
    /// <summary>
    /// How far an embedding of a composed graph may be from that of its parts: the same products, summed by another library. Docs: numerics.md.
    /// </summary>
    internal const float Tolerance = 1e-4f;

    private const string Embeddings = "_embeds";
    private const int CheckedRows = 2, Seed = 16;

    private static readonly string[] Texts = ["a photo of a cat.", "two dogs and one bicycle in front of a house"];

    // What an encoder's files are called that say how texts are split.
    private static readonly string[] SettingsOfModel = [KnownFiles.Configuration, KnownFiles.OpenClipModel];

    public static void Write(ClipLockedHead head, ClipModel images, ClipModel texts, string directory, CancellationToken cancellation)
    {
        Check(head, images, texts);
        using var staging = new StagedFiles(directory);
        WriteSettings(staging, images, texts, head.LogitScale);
        WriteTower(staging, images, images.ImageTower, "image", BundleSettings.ImageTower, head.Image, head.LogitScale);
        cancellation.ThrowIfCancellationRequested();
        WriteTower(staging, texts, texts.TextTower, "text", BundleSettings.TextTower, head.Text, head.LogitScale);
        cancellation.ThrowIfCancellationRequested();
        Compare(staging.Folder, head, images, texts);
        cancellation.ThrowIfCancellationRequested();
        staging.Publish(removesVariants: true);
    }

    private static void Check(ClipLockedHead head, ClipModel images, ClipModel texts)
    {
        if (!images.HasImageEncoder)
        {
            throw new InvalidOperationException($"The model in {images.Files.Location} has no image tower.");
        }
        texts.CheckTextEncoder();
        if (texts.Options.Tokenizer != ClipTokenizerOptions.Default)
        {
            throw new NotSupportedException($"The text model in {texts.Files.Location} was loaded with {nameof(ClipModelOptions)}.{nameof(ClipModelOptions.Tokenizer)}, which the files of a model cannot all say. Put it into its {KnownFiles.TokenizerConfiguration}, and load it without.");
        }
        Width(images, images.EmbeddingDimension, head.ImageFeatureLength, "image");
        Width(texts, texts.EmbeddingDimension, head.TextFeatureLength, "text");

        static void Width(ClipModel model, int found, int expected, string side)
        {
            if (found != expected)
            {
                throw new InvalidDataException($"The {side} tower of the model in {model.Files.Location} gives {found} features; the head takes {expected}. It was trained on features of another encoder.");
            }
        }
    }

    private static void WriteSettings(StagedFiles staging, ClipModel images, ClipModel texts, float logitScale)
    {
        var preprocessing = images.Preprocessor.Settings;
        staging.Write(BundleSettings.PreprocessorName(preprocessing), BundleSettings.Preprocessor(preprocessing));
        var description = ModelDescription.Read(texts.Files);
        JsonElement? openClip = null;
        if (description.IsOpenClip)
        {
            string file = SettingsOfModel.First(n => texts.Files.Contains(n) && OpenClipText(texts.Files, n) is not null);
            openClip = OpenClipText(texts.Files, file);
        }
        bool isClip = texts.Family.Texts == TextRule.Clip && texts.Family.Pooling == ClipTextPooling.EndOfText;
        string? type = isClip ? "clip" : description.ModelType == ClipFamily.DualEncoderType ? description.TextType : description.ModelType;
        staging.Write(KnownFiles.Configuration, BundleSettings.Model(logitScale, type, texts.ContextLength, preprocessing.Height == preprocessing.Width
            ? preprocessing.Height : null,
            openClip));
        foreach (string name in texts.RequiredFiles(image: false, text: true)
            .Where(n => KnownFiles.Settings.Contains(Path.GetFileName(n)) && !SettingsOfModel.Contains(n)))
        {
            staging.Write(Path.GetFileName(name), texts.Files.ReadAllBytes(name));
        }
        var written = new DirectoryModelFiles(staging.Folder);
        var (family, before) = (ClipFamily.Of(written), texts.Family);
        if (family.Texts != before.Texts || family.Pooling != before.Pooling)
        {
            throw new NotSupportedException($"The text tower of the model in {texts.Files.Location} is of a kind, {before.Name}, whose treatment of texts no {KnownFiles.Configuration} of a composed model can say.");
        }
        var reread = ClipImagePreprocessor.Load(written, new()).Settings;
        if (!reread.MeansTheSameAs(preprocessing) || reread.Convention != preprocessing.Convention)
        {
            throw new NotSupportedException($"How the model in {images.Files.Location} prepares images, {preprocessing}, cannot be said in a {BundleSettings.PreprocessorName(preprocessing)}.");
        }
    }

    private static JsonElement? OpenClipText(ModelFiles files, string name)
    {
        using var document = JsonDocument.Parse(files.ReadAllBytes(name),
            new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var root = document.RootElement;
        root = root.TryGetProperty("model_cfg", out var part) ? part : root;
        return root.TryGetProperty("text_cfg", out var text) ? text.Clone() : null;
    }

    private static void WriteTower(StagedFiles staging, ClipModel model, (OnnxGraph Graph, string Features) tower, string role, string name,
        HeadSide side, float logitScale)
    {
        var draft = TowerSource.Draft(model.Files, tower.Graph);
        draft.CutTo(tower.Features);
        var chain = new DraftChain(draft, "head");
        bool isFloat = tower.Graph.Output(tower.Features)?.ElementType == OnnxRuntime.Tensors.TensorElementType.Float;
        string features = isFloat ? tower.Features : chain.Cast(tower.Features, OnnxRuntime.Tensors.TensorElementType.Float);
        chain.Finish(HeadGraph.Append(chain, features, side), role + Embeddings, side.Dimension);
        draft.SetMetadata(LogitScaleFinder.RecordedKey, logitScale.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
        draft.SetMetadata(LogitScaleFinder.RecordedBiasKey, null);
        staging.Write(name, GraphFile.Write(draft, inlineExternalData: true));
    }

    /// <summary>Holds what was written against the parts.</summary>
    private static void Compare(string folder, ClipLockedHead head, ClipModel images, ClipModel texts)
    {
        using var composed = ClipModel.Load(new DirectoryModelFiles(folder), new ClipModelOptions());
        int values = 3 * images.ImageHeight * images.ImageWidth;
        float[] pixels = new float[CheckedRows * values];
        var random = SeededRandom.Create(Seed);
        foreach (ref float pixel in pixels.AsSpan())
        {
            pixel = random.NextSingle();
        }
        Compare("image", EncodePixels(images), EncodePixels(composed), head.EmbedImages);
        Compare("text", texts.EncodeTexts(Texts), composed.EncodeTexts(Texts), head.EmbedTexts);
        if (composed.LogitScale != head.LogitScale)
        {
            throw new InvalidDataException($"The composed model has the logit scale {composed.LogitScale}; expected {head.LogitScale}.");
        }

        float[][] EncodePixels(ClipModel model)
        {
            float[] output = new float[CheckedRows * model.EmbeddingDimension];
            model.EncodePixels(new(pixels, values), ClipFeatures.JointEmbedding, normalize: true, new(output, model.EmbeddingDimension));
            return [.. output.Chunk(model.EmbeddingDimension)];
        }
    }

    private static void Compare(string tower, float[][] features, float[][] found, Func<IReadOnlyList<float[]>, float[][]> embed)
    {
        float[][] expected = embed(features);
        for (int i = 0; i < expected.Length; i++)
        {
            float distance = TensorPrimitives.Distance<float>(expected[i], found[i]);
            if (!(distance <= Tolerance))
            {
                throw new InvalidDataException($"The composed {tower} tower gives an embedding that is {distance:G3} from that of its parts; expected {Tolerance} at most.");
            }
        }
    }
}
