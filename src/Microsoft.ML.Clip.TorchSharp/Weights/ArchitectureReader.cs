namespace Microsoft.ML.Clip;

/// <summary>Tells an architecture from the shapes of parameters (OpenAI's CLIP/model.py, build_model).</summary>
internal static class ArchitectureReader
{
    private const int HeadWidth = 64;

    public static ClipArchitecture Read(ClipWeightFile file)
    {
        var configuration = WeightConfiguration.Beside(file.Path);
        var architecture = configuration.Own() ?? configuration.Complete(FromShapes(file));
        try
        {
            architecture.Validate();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"The parameters in {file.Path} fit no model of OpenAI's kind: {e.Message}", e);
        }
        return architecture;
    }

    private static ClipArchitecture FromShapes(ClipWeightFile file)
    {
        long[] tokens = Shape(file, "token_embedding.weight", 2), projection = Shape(file, "text_projection", 2);
        int textWidth = (int)tokens[1];
        var architecture = new ClipArchitecture
        {
            VocabularySize = (int)tokens[0],
            EndOfTextId = (int)tokens[0] - 1,
            ContextLength = (int)Shape(file, "positional_embedding", 2)[0],
            TextWidth = textWidth,
            TextHeads = Math.Max(1, textWidth / HeadWidth),
            TextLayers = file.Blocks("transformer.resblocks"),
            JointDimension = (int)projection[1],
        };
        // Hugging Face has no ResNet.
        return file.IsHuggingFace || file.Shape("visual.proj") is not null ? VisionTransformer(file, architecture) : ModifiedResNet(file, architecture);
    }

    private static ClipArchitecture VisionTransformer(ClipWeightFile file, ClipArchitecture architecture)
    {
        long[] patches = Shape(file, "visual.conv1.weight", 4);
        int width = (int)patches[0], patch = (int)patches[2];
        return architecture with
        {
            Vision = ClipVisionKind.VisionTransformer,
            VisionWidth = width,
            VisionHeads = Math.Max(1, width / HeadWidth),
            VisionLayers = file.Blocks("visual.transformer.resblocks"),
            PatchSize = patch,
            ImageSize = patch * Grid(file, "visual.positional_embedding"),
        };
    }

    private static ClipArchitecture ModifiedResNet(ClipWeightFile file, ClipArchitecture architecture)
    {
        // Bottlenecks have a third convolution.
        _ = Shape(file, "visual.layer1.0.conv3.weight", 4);
        int[] blocks = [.. Enumerable.Range(1, int.MaxValue - 1).Select(stage => file.Blocks($"visual.layer{stage}")).TakeWhile(count => count > 0)];
        int[] widths = [.. blocks.Select((_, stage) => (int)Shape(file, $"visual.layer{stage + 1}.0.conv1.weight", 4)[0])];
        var result = architecture with
        {
            Vision = ClipVisionKind.ModifiedResNet,
            VisionWidth = (int)Shape(file, "visual.conv3.weight", 4)[0],
            StageBlocks = [.. blocks],
            StageWidths = [.. widths],
        };
        return result with
        {
            VisionHeads = Math.Max(1, result.ImageFeatureDimension / HeadWidth),
            ImageSize = result.ImageReduction * Grid(file, "visual.attnpool.positional_embedding"),
        };
    }

    /// <summary>Height and width of the grid whose positions, and one more, a table holds.</summary>
    private static int Grid(ClipWeightFile file, string name)
    {
        long positions = Shape(file, name, 2)[0] - 1;
        int grid = (int)Math.Round(Math.Sqrt(positions));
        return grid > 0 && (long)grid * grid == positions ? grid
            : throw new InvalidDataException($"'{name}' of {file.Path} has {positions + 1} rows; expected a square number and one for the class token.");
    }

    private static long[] Shape(ClipWeightFile file, string name, int axes) =>
        file.Shape(name) is { } shape && shape.Length == axes && shape.All(s => s is > 0 and <= int.MaxValue) ? shape
        : throw new InvalidDataException($"The parameters in {file.Path} are not those of a model of OpenAI's kind: '{name}' with {axes} axes is missing.");
}
