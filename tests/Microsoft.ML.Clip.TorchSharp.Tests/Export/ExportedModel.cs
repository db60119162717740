using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Small models of every kind, with seeded weights that no initialisation would give: norms with statistics of their own, biases that are not 0, so that
/// nothing can be left out of an export unseen.
/// </summary>
internal sealed class ExportedModel : IDisposable
{
    public static readonly ClipVocabulary Vocabulary = ClipVocabularyTrainer.Train(VocabularyCorpus.Texts, new() { ContextLength = 16 });

    private static readonly ClipArchitecture Small = new()
    {
        ImageSize = 32,
        JointDimension = 24,
        VocabularySize = Vocabulary.Size,
        EndOfTextId = Vocabulary.EndOfTextId,
        ContextLength = Vocabulary.ContextLength,
        VisionWidth = 32,
        VisionHeads = 4,
        VisionLayers = 2,
        PatchSize = 8,
        TextWidth = 40,
        TextHeads = 5,
        TextLayers = 2,
    };

    private static readonly ClipArchitecture ResNet = Small with
    {
        Vision = ClipVisionKind.ModifiedResNet,
        VisionWidth = 16,
        StageBlocks = [1, 2],
        StageWidths = [8, 16]
    };

    public static readonly Dictionary<string, ClipArchitecture> Architectures = new()
    {
        ["ViT, QuickGELU"] = Small,
        ["ViT, GELU"] = Small with { Activation = ClipActivation.Gelu },
        ["OpenAI's ResNet"] = ResNet with { StageBlocks = [2, 1, 1], StageWidths = [4, 8, 8] },
        ["ResNet, basic blocks, mean, CBOW"] = ResNet with { ResidualBlock = ClipResidualBlock.Basic, ImagePooling = ClipImagePooling.Mean, StemStride = 2, Text = ClipTextKind.Cbow },
        ["ResNet, patches, basic blocks"] = ResNet with { ResidualBlock = ClipResidualBlock.Basic, StemKind = ClipStem.Patches, StemStride = 4 },
        ["ResNet, stem without stride, mean"] = ResNet with { StemStride = 1, ImagePooling = ClipImagePooling.Mean },
    };

    private readonly ClipModule _module;

    public ExportedModel(ClipArchitecture architecture, int seed = 1)
    {
        Architecture = architecture;
        _module = new ClipModule(architecture, seed);
        _module.eval();
        Weights = _module.Weights();
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        using var generator = new Generator((ulong)seed + 1, CPU);
        foreach (var (name, tensor) in Weights)
        {
            using var noise = randn(tensor.shape, dtype: ScalarType.Float32, generator: generator);
            if (name.EndsWith("running_var", StringComparison.Ordinal))
            {
                tensor.copy_(noise.abs().Plus_(0.5));
            }
            else if (name == "logit_scale")
            {
                tensor.copy_(TensorNumbers.Filled(Math.Log(17)));
            }
            else
            {
                tensor.Plus_(noise.Times(0.1));
            }
        }
    }

    public ClipArchitecture Architecture { get; }

    public IReadOnlyDictionary<string, Tensor> Weights { get; }

    /// <summary>Writes the model.</summary>
    public string Export(string directory, ClipOnnxExportOptions? options = null)
    {
        ClipOnnxExporter.Export(Architecture, Weights, Vocabulary, directory, options);
        return directory;
    }

    /// <summary>I_f and I_e by TorchSharp: [N, width] and [N, joint].</summary>
    public (float[] Features, float[] Joint) EncodeImages(float[] pixels)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var input = tensor(pixels).reshape(-1, 3, Architecture.ImageSize, Architecture.ImageSize);
        return (Values(_module.Image.forward(input)), Values(_module.EmbedImages(input)));
    }

    /// <summary>T_e by TorchSharp: [N, joint].</summary>
    public float[] EncodeTexts(long[] ids, int length)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        return Values(_module.EmbedTexts(tensor(ids).reshape(-1, length)));
    }

    public float[] RandomPixels(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count * 3 * Architecture.ImageSize * Architecture.ImageSize).Select(_ => (4 * random.NextSingle()) - 2)];
    }

    /// <summary>Texts of various lengths, the longest without room for padding; what follows the end token is noise that must not be seen.</summary>
    public long[] RandomIds(int count, int length, int seed)
    {
        var random = new Random(seed);
        long[] ids = new long[count * length];
        for (int row = 0; row < count; row++)
        {
            int end = row == 0 ? length - 1 : random.Next(1, length);
            for (int i = 0; i < length; i++)
            {
                ids[(row * length) + i] = i == end || (i > end && random.Next(2) == 0) ? Architecture.EndOfTextId
                    : random.Next(Architecture.VocabularySize - 2);
            }
            ids[row * length] = Vocabulary.StartOfTextId;
        }
        return ids;
    }

    public void Dispose() => _module.Dispose();

    private static float[] Values(Tensor tensor) => tensor.to(ScalarType.Float32).contiguous().data<float>().ToArray();
}
