using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// Makes the batch of a step, or a rank's part of it. Everything random follows from seed and step, and from the place in the batch, not from who computes it.
/// </summary>
internal sealed class BatchMaker : IDisposable
{
    // Places in the random sequence of a step: slots of the batch draw crops, then captions, then captions of absent groups.
    private const long CaptionStream = 1L << 20, GroupStream = 1L << 21;

    private readonly ClipContrastiveTrainer.Options _options;
    private readonly ClipArchitecture _architecture;
    private readonly TrainingData _rows;
    private readonly ClipImageSet _images;
    private readonly CaptionSet _captions;
    private readonly RankGroup? _ranks;
    private readonly Device _device;
    private readonly ImageAugmenter _augmenter, _reducedAugmenter;
    private readonly Tensor _pixels; // [N / ranks, H, W, 3], written anew each step: what is as large as this should not be left to the collector
    private readonly Tensor _reducedPixels; // the first part of the same memory
    private int[] _order = [];
    private int _orderEpoch = -1;

    public BatchMaker(ClipContrastiveTrainer.Options options, ClipArchitecture architecture, TrainingData rows, CaptionSet captions, RankGroup? ranks = null)
    {
        (_options, _architecture, _rows, _images, _captions, _ranks) = (options, architecture, rows, rows.Images, captions, ranks);
        _device = TrainingDevice.Parse(options.Device);
        BatchSize = Math.Min(options.BatchSize, rows.Captions.Count);
        StepsPerEpoch = rows.Captions.Count / BatchSize;
        OwnSize = BatchSize / (ranks?.Size ?? 1);
        int size = _images.Size, reduced = options.ReducedImageSize ?? size;
        _augmenter = new ImageAugmenter(architecture);
        _reducedAugmenter = new ImageAugmenter(architecture, reduced);
        _pixels = zeros(OwnSize, size, size, 3).DetachFromDisposeScope();
        _reducedPixels = _pixels.view(-1).narrow(0, 0, (long)OwnSize * reduced * reduced * 3).view(OwnSize, reduced, reduced, 3).DetachFromDisposeScope();
    }

    /// <summary>Images of a batch, of all ranks together.</summary>
    public int BatchSize { get; }

    /// <summary>Images of a batch that this rank embeds.</summary>
    public int OwnSize { get; }

    public CaptionSet Captions => _captions;

    /// <summary>Whole batches in an epoch; the rows that are left over differ each time.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>The batch of a step. Its pixels may be valid only until the next is made.</summary>
    /// <param name="step">From 0.</param>
    public TrainingBatch Make(int step)
    {
        int epoch = step / StepsPerEpoch, first = step % StepsPerEpoch * BatchSize;
        if (epoch != _orderEpoch)
        {
            (_order, _orderEpoch) = (EpochOrder.Create(_captions.Groups, _options.Seed, epoch), epoch);
        }
        int[] rows = _order[first..(first + BatchSize)];
        var plan = _ranks is null ? null : new RankPlan([.. rows.Select(row => _rows.Owners[row])], _ranks.Size);
        // As [N, H, W, 3] in memory, seen as [N, 3, H, W]: channels last.
        var pixels = MakePixels(rows, plan, step).permute(0, 3, 1, 2).to(_options.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32);

        int[] drawn = new int[rows.Length];
        for (int i = 0; i < drawn.Length; i++)
        {
            var random = new CounterRandom(_options.Seed, step, CaptionStream + i);
            drawn[i] = _captions.Draw(rows[i], ref random);
        }

        // A caption that several images share is one text, which is encoded once.
        var texts = new List<int>();
        var groups = new List<int>();
        var places = new Dictionary<(int Caption, int Group), int>();
        long[] textOfImage = new long[drawn.Length];
        for (int i = 0; i < drawn.Length; i++)
        {
            textOfImage[i] = Place(drawn[i], _captions.Groups[rows[i]]);
        }
        if (_options.Loss == ClipTrainingLoss.Paper)
        {
            return Batch(null);
        }

        if (_options.CaptionsOfAllGroups)
        {
            HashSet<int> present = [.. groups];
            for (int group = 0; group < _captions.RowOfGroup.Length; group++)
            {
                var random = new CounterRandom(_options.Seed, step, GroupStream + group);
                if (!present.Contains(group))
                {
                    Place(_captions.Draw(_captions.RowOfGroup[group], ref random), group);
                }
            }
        }

        var textsOfGroup = groups.CountBy(g => g).ToDictionary();
        float[,] positives = new float[drawn.Length, texts.Count];
        for (int i = 0; i < drawn.Length; i++)
        {
            for (int j = 0; j < texts.Count; j++)
            {
                positives[i, j] = _captions.Shares.Of(rows[i], groups[j], textsOfGroup[groups[j]]);
            }
        }

        return Batch(from_array(positives).to(_device));

        TrainingBatch Batch(Tensor? positives)
        {
            var share = plan is null ? null : new RankShare(_ranks!, tensor(plan.Places()).to(_device),
                tensor(plan.Slots[_ranks!.Rank].ConvertAll(slot => (long)slot)).to(_device), texts.Count);
            return new(pixels.to(_device), from_array(_captions.Ids(share?.TextsOf(texts) ?? texts, _architecture.EndOfTextId)).to(_device),
                tensor(textOfImage).to(_device), positives, share);
        }

        int Place(int caption, int group)
        {
            (int, int) key = (_options.OneTextPerGroup ? -1 : caption, group);
            if (!places.TryGetValue(key, out int place))
            {
                places.Add(key, place = texts.Count);
                texts.Add(caption);
                groups.Add(group);
            }

            return place;
        }
    }

    public void Dispose()
    {
        _pixels.Dispose();
        _reducedPixels.Dispose();
    }

    private unsafe Tensor MakePixels(int[] rows, RankPlan? plan, int step)
    {
        var handed = plan is null ? [] : HandedImages.Exchange(_ranks!, plan, rows, _rows);
        var slots = plan?.Slots[_ranks!.Rank];
        bool reduced = step < _options.ReducedSteps;
        (var augmenter, var pixels) = reduced ? (_reducedAugmenter, _reducedPixels) : (_augmenter, _pixels);
        // In a smaller example the same things are to look as large as in a full one (Touvron et al. 2019), so crops keep less.
        double side = (double)pixels.shape[1] / _images.Size, minimumArea = _options.MinimumCropArea * side * side;
        int length = (int)(pixels.shape[1] * pixels.shape[2] * 3);
        fixed (byte* memory = pixels.bytes)
        {
            nint start = (nint)memory;
            ParallelRows.For(OwnSize, Environment.ProcessorCount, i =>
            {
                int slot = slots?[i] ?? i;
                var random = new CounterRandom(_options.Seed, step, slot);
                var source = handed.TryGetValue(slot, out var image) ? image.Span : _images[_rows.Places[rows[slot]]];
                Span<float> values = new((float*)start + ((long)i * length), length);
                augmenter.Augment(source, values, ref random, minimumArea, _options.MaximumShift, _options.Flip);
            });
        }

        return pixels;
    }
}
