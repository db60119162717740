namespace Microsoft.ML.Clip.Tests;

/// <summary>Byte-pair merges as the definition has them (Sennrich et al. 2016, algorithm 1): every round counts every pair of every word anew.</summary>
internal static class NaiveBytePairTrainer
{
    /// <param name="words">How often each word occurs; its characters are the ids of its symbols.</param>
    /// <param name="alphabet">The symbols in the order of their ids.</param>
    /// <param name="maximumTokens">Where to stop.</param>
    /// <param name="minimumCount">How often a pair must occur.</param>
    public static List<(string Left, string Right)> Learn(IReadOnlyDictionary<string, long> words, IReadOnlyList<string> alphabet, int maximumTokens,
        int minimumCount)
    {
        var tokens = alphabet.ToList();
        var split = words.Select(w => (Symbols: w.Key.Select(c => (int)c).ToArray(), Count: w.Value)).ToList();
        var merges = new List<(string, string)>();
        while (tokens.Count < maximumTokens)
        {
            var best = split.SelectMany(w => w.Symbols.Zip(w.Symbols.Skip(1)).Select(pair => (Pair: pair, w.Count)))
                .GroupBy(p => p.Pair, p => p.Count).Select(g => (Pair: g.Key, Count: g.Sum()))
                .OrderByDescending(p => p.Count).ThenBy(p => p.Pair.First).ThenBy(p => p.Pair.Second).FirstOrDefault();
            if (best.Count < minimumCount)
            {
                break;
            }
            var (left, right) = best.Pair;
            merges.Add((tokens[left], tokens[right]));
            int joined = tokens.IndexOf(tokens[left] + tokens[right]);
            if (joined < 0)
            {
                joined = tokens.Count;
                tokens.Add(tokens[left] + tokens[right]);
            }
            split = [.. split.Select(w => (Join(w.Symbols, left, right, joined), w.Count))];
        }
        return merges;
    }

    private static int[] Join(int[] symbols, int left, int right, int joined)
    {
        var result = new List<int>();
        for (int i = 0; i < symbols.Length; i++)
        {
            bool isPair = i + 1 < symbols.Length && symbols[i] == left && symbols[i + 1] == right;
            result.Add(isPair ? joined : symbols[i]);
            if (isPair)
            {
                i++;
            }
        }
        return [.. result];
    }
}
