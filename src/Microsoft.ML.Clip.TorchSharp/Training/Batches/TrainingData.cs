using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>A training set in memory: images as bytes, captions and groups as text. Of several ranks, each has all texts and its own images.</summary>
/// <param name="Images">Those that this rank has.</param>
/// <param name="Captions">The captions of each row, at least one, none empty.</param>
/// <param name="Groups">The group of each row, or null.</param>
/// <param name="Skipped">Rows whose image could not be read.</param>
/// <param name="Places">The place of each row's image in <paramref name="Images"/>, or <see cref="Elsewhere"/>.</param>
/// <param name="Owners">The rank that has the row's image.</param>
/// <param name="Shares">How much of each group, in the ordinal order of their names, each row's image shows; null where it shows its own.</param>
internal sealed record TrainingData(ClipImageSet Images, IReadOnlyList<string[]> Captions, IReadOnlyList<string>? Groups, IReadOnlyList<SkippedRow> Skipped,
    IReadOnlyList<int> Places, IReadOnlyList<int> Owners, IReadOnlyList<float[]>? Shares = null)
{
    /// <summary>Another rank has it, or nobody.</summary>
    public const int Elsewhere = -1;

    /// <summary>All of it in the memory of one, each image in its row.</summary>
    public static TrainingData Whole(ClipImageSet images, IReadOnlyList<string[]> captions, IReadOnlyList<string>? groups = null) =>
        new(images, captions, groups, [], [.. Enumerable.Range(0, images.Count)], new int[images.Count]);

    /// <summary>Without the rows that were skipped, on whatever rank: what is told of them is known to all.</summary>
    public TrainingData WithoutSkipped(RankGroup? ranks)
    {
        var skipped = ranks is null ? Skipped
            : [.. ranks.Gather(JsonSerializer.Serialize(Skipped)).SelectMany(text => JsonSerializer.Deserialize<SkippedRow[]>(text)!).OrderBy(s => s.Row)];
        if (skipped.Count == 0)
        {
            return this;
        }
        HashSet<int> gone = [.. skipped.Select(s => s.Row)];
        int[] kept = [.. Enumerable.Range(0, Captions.Count).Where(row => !gone.Contains(row))];
        return this with
        {
            Captions = [.. kept.Select(row => Captions[row])],
            Groups = Groups is null ? null : [.. kept.Select(row => Groups[row])],
            Places = [.. kept.Select(row => Places[row])],
            Owners = [.. kept.Select(row => Owners[row])],
            Shares = Shares is null ? null : [.. kept.Select(row => Shares[row])],
            Skipped = skipped,
        };
    }
}

/// <summary>A row that was left out.</summary>
/// <param name="Row">Which of those that were read, from 0.</param>
/// <param name="Message">Where it was, and why.</param>
internal sealed record SkippedRow(int Row, string Message);
