using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Makes of an image encoder's graph one that takes CLIP's pixel values and gives unit vectors.</summary>
internal sealed class ImageTowerGraph
{
    private const string Pixels = "pixel_values", Embedding = "image_embeds";
    private const int Planes = 3;

    private static readonly string[] UsualOutputs = ["image_embeds", "image_embedding", "image_features", "pooler_output", "last_hidden_state", "embedding", "features", "output"];

    private readonly GraphDraft _draft;
    private readonly ClipImageTower _tower;

    /// <exception cref="InvalidDataException">The encoder is none, or not such as the caller says.</exception>
    public ImageTowerGraph(GraphDraft draft, ClipImageTower tower)
    {
        (_draft, _tower) = (draft, tower);
        var images = FindImages(draft.Graph);
        string output = TowerOutput.Find(draft, tower.Output, UsualOutputs, nameof(ClipImageTower));
        // What is not wanted may want other inputs.
        draft.CutTo(output);
        TowerOutput.RequireInputs(draft, output, [images.Name]);
        ImageSize = FindSize(images);
        IsFreed = images.Dimension(0) is not null;
        if (images.Dimension(0) is { } batch)
        {
            BatchAxis.Free(draft, [images.Name], batch);
        }
        bool isHalf = images.ElementType == TensorElementType.Float16;
        Begin(images, isHalf);
        End(output, isHalf);
    }

    /// <summary>The edge of the images.</summary>
    public int ImageSize { get; }

    /// <summary>Whether the batch was fixed.</summary>
    public bool IsFreed { get; }

    private static OnnxValue FindImages(OnnxGraph graph)
    {
        var images = graph.Inputs.Where(i => i.Rank == 4).ToList();
        if (images is not [var only])
        {
            throw new InvalidDataException($"The encoder {graph.Description} takes {(images.Count == 0 ? "no image" : $"{images.Count} images ({string.Join(", ", images.Select(i => i.Name))})")}; expected one input [N, 3, height, width]: {graph.Signature}.");
        }
        return only is { ElementType: TensorElementType.Float or TensorElementType.Float16 } && only.Dimension(1) is Planes or null ? only
            : throw new InvalidDataException($"The encoder {graph.Description} takes images as {only}; expected float32 or float16 [N, 3, height, width].");
    }

    private int FindSize(OnnxValue images)
    {
        var (height, width) = (images.Dimension(2), images.Dimension(3));
        if (_tower.ImageSize is { } wanted)
        {
            return (height ?? wanted, width ?? wanted) == (wanted, wanted) ? wanted
                : throw new InvalidDataException($"{nameof(ClipImageTower.ImageSize)} is {wanted}, but the encoder {_draft.Graph.Description} takes {images}.");
        }
        return height is { } size && (width ?? size) == size ? size
            : throw new InvalidDataException(height == width ? $"The encoder {_draft.Graph.Description} leaves the size of its images open: {images}. Set {nameof(ClipImageTower.ImageSize)}."
                : $"The encoder {_draft.Graph.Description} takes images of {height} x {width} pixels; expected squares.");
    }

    /// <summary>Pixel values as CLIP's preprocessing gives them, to what the encoder takes.</summary>
    private void Begin(OnnxValue images, bool isHalf)
    {
        var first = _draft.Nodes[0];
        var chain = new DraftChain(_draft, "pixels", before: first);
        string pixels = images.Name == Pixels ? Pixels : _draft.NewName(Pixels), source = pixels;
        var readers = _draft.Consumers(images.Name).ToHashSet();
        if (_tower.PixelScale != 1)
        {
            pixels = chain.With("Mul", pixels, [_tower.PixelScale]);
        }
        if (_tower.Channels == ClipChannelOrder.Bgr)
        {
            pixels = chain.Add("Gather", [pixels, _draft.AddList("pixels_order", 2, 1, 0)], DraftAttribute.Of("axis", 1L));
        }
        if (_tower.MeanImage is { } mean)
        {
            int expected = Planes * ImageSize * ImageSize;
            if (mean.Count != expected || !mean.All(float.IsFinite))
            {
                throw new InvalidDataException($"{nameof(ClipImageTower.MeanImage)} has {mean.Count:N0} values{(mean.Count == expected ? ", not all of them numbers" : "")}; the encoder {_draft.Graph.Description} takes images of {Planes} x {ImageSize} x {ImageSize} = {expected:N0}.");
            }
            pixels = chain.With("Sub", pixels, [.. mean], Planes, ImageSize, ImageSize);
        }
        pixels = isHalf ? chain.Cast(pixels, TensorElementType.Float16) : pixels;
        if (pixels != images.Name)
        {
            _draft.Redirect(images.Name, pixels, readers.Contains);
        }
        _draft.DeclareInput(source, TensorElementType.Float, "batch_size", Planes, ImageSize, ImageSize);
    }

    private void End(string output, bool isHalf)
    {
        var chain = new DraftChain(_draft, "features");
        var declared = _draft.Graph.Output(output);
        int? rank = declared?.Rank ?? new DraftShapes(_draft).Rank(output) ?? MapRank(output);
        string features = isHalf ? chain.Cast(output, TensorElementType.Float) : output;
        var pooling = _tower.Pooling;
        features = (rank, pooling) switch
        {
            (2, _) => features,
            (4, ClipTowerPooling.Automatic or ClipTowerPooling.Average) =>
                declared?.Dimension(2) == 1 && declared.Dimension(3) == 1 ? chain.Reshape(features, 0, -1) : chain.AveragePlaces(features),
            (3, ClipTowerPooling.Automatic or ClipTowerPooling.First) => chain.FirstToken(features),
            (3, ClipTowerPooling.Average) => chain.AveragePlaces(chain.Transpose(features, 0, 2, 1)),
            _ => throw TowerOutput.Unknown(_draft, output, rank, pooling),
        };
        chain.Finish(chain.Normalize(features), Embedding, (object?)TowerOutput.Width(declared, rank) ?? "width");
    }

    // What convolutions and what follows them give, where no declaration says so.
    private int? MapRank(string tensor)
    {
        const int Steps = 16;
        for (int i = 0; i < Steps && _draft.Producer(tensor) is { } node; i++)
        {
            if (node.Operation is "Conv" or "MaxPool" or "AveragePool" or "GlobalAveragePool" or "BatchNormalization")
            {
                return 4;
            }
            if (!DraftShapes.IsElementwise(node) && !node.Is("LeakyRelu") && !node.Is("Clip") && !node.Is("Sum"))
            {
                return null;
            }
            tensor = node.Input(0);
        }
        return null;
    }
}
