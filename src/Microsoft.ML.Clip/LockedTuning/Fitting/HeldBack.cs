namespace Microsoft.ML.Clip;

/// <summary>Images that are held back, and the texts among which they are classified.</summary>
internal sealed class HeldBack
{
    private readonly ClipLockedData _data;
    private readonly int[] _candidates;
    private readonly IReadOnlyList<IReadOnlyList<int>> _own;

    private HeldBack(ClipLockedData data, int[] images, int[] candidates, IReadOnlyList<IReadOnlyList<int>> own) =>
        (_data, Images, _candidates, _own) = (data, images, candidates, own);

    public int[] Images { get; }

    /// <summary>Draws some images; null where none are wanted, or too few are left.</summary>
    public static HeldBack? Draw(LockedRelation relation, ClipLockedTrainer.Options options, int most)
    {
        if (options.HeldBackShare == 0)
        {
            return null;
        }
        var data = relation.Data;
        foreach (int candidate in data.Candidates ?? [])
        {
            if ((uint)candidate >= (uint)relation.Texts)
            {
                throw new ArgumentException($"{nameof(data.Candidates)} has {candidate}; expected indices of {relation.Texts} texts.", nameof(relation));
            }
        }
        HashSet<int>? wanted = data.Candidates is { } chosen ? [.. chosen] : null;
        int[] images = [.. Enumerable.Range(0, relation.Images)
            .Where(i => relation.Weights[i] > 0 && relation.ByImage[i].Any(t => wanted?.Contains(t.Other) != false))];
        SeededRandom.Create(options.Seed).Shuffle(images);
        int count = (int)Math.Min(most, Math.Round(options.HeldBackShare * images.Length));
        images = [.. images.Take(count).Order()];
        int[] candidates = [.. data.Candidates?.Distinct() ?? images.SelectMany(i => relation.ByImage[i].Select(t => t.Other)).Distinct().Order()];
        // What is left has to have two texts to tell apart, and so has what is held back.
        var left = relation.Without(images);
        if (count == 0 || candidates.Length < 2 || left.ByText.Count(t => t.Any(i => left.Weights[i.Other] > 0)) < 2)
        {
            return null;
        }
        var places = candidates.Index().ToDictionary(c => c.Item, c => c.Index);
        return new(data, images, candidates, [.. images.Select(i =>
            relation.ByImage[i].Where(t => places.ContainsKey(t.Other)).Select(t => places[t.Other]).Distinct().ToArray())]);
    }

    public ClipLockedReport Measure(ClipLockedHead head, int threads) => LogitScaleFit.Fit(
        FloatMatrix.Of(head.Image.Embed([.. Images.Select(i => _data.ImageFeatures[i])], threads), head.EmbeddingDimension),
        FloatMatrix.Of(head.Text.Embed([.. _candidates.Select(t => _data.TextFeatures[t])], threads), head.EmbeddingDimension), _own, threads);
}
