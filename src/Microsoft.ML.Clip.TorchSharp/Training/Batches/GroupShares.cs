using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Microsoft.ML.Clip;

/// <summary>How much of each group the image of a row shows: all of its own group and nothing of others, or what the data say.</summary>
internal sealed class GroupShares
{
    // What float values of a softmax over a thousand groups may be off by.
    private const double Tolerance = 1e-3;

    private readonly IReadOnlyList<float[]>? _shares; // by row, then in the ordinal order of the groups' names
    private readonly int[] _groups;                   // by row
    private readonly int[] _places;                   // by group: where its value lies

    /// <param name="shares">By row; null where each shows its own group.</param>
    /// <param name="groups">The number of each row's group.</param>
    /// <param name="names">The names of the groups, in the order of their numbers.</param>
    /// <exception cref="ArgumentException">A row has values for more or fewer groups than there are.</exception>
    public GroupShares(IReadOnlyList<float[]>? shares, int[] groups, IReadOnlyList<string> names)
    {
        (_shares, _groups) = (shares, groups);
        _places = new int[names.Count];
        string[] ordered = [.. names.Order(StringComparer.Ordinal)];
        var numbers = names.Select((name, number) => (name, number)).ToDictionary(p => p.name, p => p.number, StringComparer.Ordinal);
        for (int place = 0; place < ordered.Length; place++)
        {
            _places[numbers[ordered[place]]] = place;
        }
        int wrong = shares is null ? -1 : Enumerable.Range(0, shares.Count).FirstOrDefault(row => shares[row].Length != names.Count, -1);
        if (wrong >= 0)
        {
            throw new ArgumentException($"Row {wrong} says of {shares![wrong].Length} groups how much of each its image shows, but the rows have {names.Count} groups, from '{ordered[0]}' to '{ordered[^1]}'.");
        }
    }

    /// <summary>How right a text of a group is for an image, from 0 to 1.</summary>
    /// <param name="row">The image's row.</param>
    /// <param name="group">The text's group.</param>
    /// <param name="texts">How many texts of that group the batch has: they divide its share, else it would grow with its images in the batch.</param>
    public float Of(int row, int group, int texts) => _shares is null ? (_groups[row] == group ? 1 : 0) : _shares[row][_places[group]] / texts;

    /// <summary>Adds what the data say, if they do.</summary>
    public void AppendTo(IncrementalHash hash)
    {
        foreach (float[] row in _shares ?? [])
        {
            hash.AppendData(MemoryMarshal.AsBytes(row.AsSpan()));
        }
    }

    /// <summary>What is wrong with the values of a row, or null.</summary>
    public static string? Problem(float[] shares)
    {
        int bad = Array.FindIndex(shares, s => !(s >= 0 && s <= 1));
        double sum = shares.Sum(s => (double)s);
        return bad >= 0 ? $"value {bad} is {shares[bad]}; the share of a group is from 0 to 1."
            : Math.Abs(sum - 1) > Tolerance ? $"the shares of all groups add up to {sum:g4} instead of 1."
            : null;
    }
}
