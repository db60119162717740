using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Microsoft.ML.Clip;

/// <summary>The captions of a training set, each distinct one tokenised once.</summary>
internal sealed class CaptionSet
{
    private readonly long[][] _ids;      // by caption; without what follows the end token
    private readonly int[][] _captions;  // by row

    private CaptionSet(long[][] ids, int[][] captions, int[] groups, GroupShares shares)
    {
        _ids = ids;
        _captions = captions;
        Groups = groups;
        Shares = shares;
        var first = new Dictionary<int, int>();
        for (int row = 0; row < groups.Length; row++)
        {
            first.TryAdd(groups[row], row);
        }
        RowOfGroup = [.. first.OrderBy(p => p.Key).Select(p => p.Value)];
    }

    /// <summary>A hash of the captions, the groups and their shares of all rows, in their order.</summary>
    public required string TextHash { get; init; }

    /// <summary>A hash of what the tokenizer makes of the captions: with equal captions another one shows another vocabulary.</summary>
    public required string IdHash { get; init; }

    /// <summary>The group of each row, from 0: rows of one group are each other's positives.</summary>
    public int[] Groups { get; }

    /// <summary>How much of each group the image of each row shows.</summary>
    public GroupShares Shares { get; }

    /// <summary>A row of each group, by which its captions are found.</summary>
    public int[] RowOfGroup { get; }

    /// <param name="rows">Captions, groups, and how much of each group an image shows.</param>
    /// <param name="tokenizer">Makes the ids.</param>
    /// <param name="cancellation">Ends it between two rows.</param>
    /// <exception cref="ArgumentException">A row has shares of more or fewer groups than there are.</exception>
    /// <exception cref="OperationCanceledException">The token asks for an end.</exception>
    public static CaptionSet Create(TrainingData rows, ClipTokenizer tokenizer, CancellationToken cancellation = default) =>
        Create(rows.Captions, rows.Groups, tokenizer, rows.Shares, cancellation);

    /// <param name="captions">The captions of each row, at least one, none empty.</param>
    /// <param name="groups">The group of each row by name, or null where equal captions make a group.</param>
    /// <param name="tokenizer">Makes the ids.</param>
    /// <param name="shares">How much of each group, in the ordinal order of their names, each row's image shows; null where it shows its own.</param>
    /// <param name="cancellation">Ends it between two rows.</param>
    /// <exception cref="OperationCanceledException">The token asks for an end.</exception>
    public static CaptionSet Create(IReadOnlyList<string[]> captions, IReadOnlyList<string>? groups, ClipTokenizer tokenizer,
        IReadOnlyList<float[]>? shares = null, CancellationToken cancellation = default)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var ids = new List<long[]>();
        int[][] byRow = new int[captions.Count][];
        int[] buffer = new int[tokenizer.ContextLength];
        for (int row = 0; row < byRow.Length; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            byRow[row] = new int[captions[row].Length];
            for (int i = 0; i < byRow[row].Length; i++)
            {
                string caption = captions[row][i];
                if (!numbers.TryGetValue(caption, out int number))
                {
                    numbers.Add(caption, number = ids.Count);
                    int length = tokenizer.EncodeToContext(caption, buffer, out _);
                    ids.Add([.. buffer.Take(length).Select(id => (long)id)]);
                }

                byRow[row][i] = number;
            }
        }

        var groupNumbers = new Dictionary<string, int>(StringComparer.Ordinal);
        int[] groupOfRow = new int[byRow.Length];
        for (int row = 0; row < groupOfRow.Length; row++)
        {
            string name = groups?[row] ?? NameOf(captions[row]);
            if (!groupNumbers.TryGetValue(name, out int number))
            {
                groupNumbers.Add(name, number = groupNumbers.Count);
            }
            groupOfRow[row] = number;
        }

        var groupShares = new GroupShares(shares, groupOfRow, [.. groupNumbers.OrderBy(g => g.Value).Select(g => g.Key)]);
        return new CaptionSet([.. ids], byRow, groupOfRow, groupShares) { TextHash = HashOf(captions, groups, groupShares), IdHash = HashOf(ids) };
    }

    /// <summary>The first caption of a row.</summary>
    public int First(int row) => _captions[row][0];

    /// <summary>One of the row's captions, drawn.</summary>
    public int Draw(int row, ref CounterRandom random) => _captions[row][random.Next(_captions[row].Length)];

    /// <summary>The ids of captions as [captions, longest], padded with the end token, which the towers do not look past.</summary>
    public long[,] Ids(IReadOnlyList<int> captions, long endOfText)
    {
        long[,] ids = new long[captions.Count, captions.Max(c => _ids[c].Length)];
        for (int i = 0; i < captions.Count; i++)
        {
            long[] source = _ids[captions[i]];
            for (int j = 0; j < ids.GetLength(1); j++)
            {
                ids[i, j] = j < source.Length ? source[j] : endOfText;
            }
        }

        return ids;
    }

    private static string HashOf(IReadOnlyList<string[]> captions, IReadOnlyList<string>? groups, GroupShares shares)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int row = 0; row < captions.Count; row++)
        {
            // With their lengths, as a caption may hold whatever separates.
            foreach (string text in groups is null ? captions[row] : [.. captions[row], groups[row]])
            {
                hash.AppendData(BitConverter.GetBytes(text.Length));
                hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
            }
            hash.AppendData(BitConverter.GetBytes(-1));
        }
        shares.AppendTo(hash);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string HashOf(List<long[]> ids)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (long[] caption in ids)
        {
            hash.AppendData(BitConverter.GetBytes(caption.Length));
            hash.AppendData(MemoryMarshal.AsBytes(caption.AsSpan()));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A name that rows with equal captions have in common, and no others: with their lengths, since a caption may hold whatever separates.</summary>
    private static string NameOf(string[] captions) => string.Concat(captions.Order(StringComparer.Ordinal).Select(caption => $"{caption.Length}:{caption}"));
}
