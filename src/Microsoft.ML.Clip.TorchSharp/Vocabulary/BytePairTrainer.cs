namespace Microsoft.ML.Clip;

/// <summary>
/// Learns the merges of a byte-pair encoding: again and again the pair of neighbouring symbols that occurs most often becomes a symbol of its own
/// (Sennrich et al. 2016, algorithm 1). Counts are kept up to date for the words that a merge touches, instead of counting anew.
/// </summary>
internal sealed class BytePairTrainer
{
    private readonly List<string> _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly List<List<int>> _words = [];
    private readonly List<long> _wordCounts = [];
    private readonly Dictionary<(int Left, int Right), long> _pairCounts = [];
    private readonly Dictionary<(int Left, int Right), HashSet<int>> _wordsWithPair = [];
    private readonly HashSet<(int Left, int Right)> _changed = [];
    private readonly PriorityQueue<(int Left, int Right), Priority> _queue = new();

    /// <param name="words">How often each word occurs; its characters are the ids of its symbols.</param>
    /// <param name="alphabet">The symbols, in the order of their ids.</param>
    public BytePairTrainer(IReadOnlyDictionary<string, long> words, IReadOnlyList<string> alphabet)
    {
        _tokens = [.. alphabet];
        _ids = alphabet.Select((token, id) => (token, id)).ToDictionary(t => t.token, t => t.id, StringComparer.Ordinal);
        foreach (var (word, count) in words)
        {
            _words.Add([.. word.Select(c => (int)c)]);
            _wordCounts.Add(count);
            CountPairs(_words.Count - 1, count);
        }
        EnqueueChanged();
    }

    /// <summary>Merges until there are <paramref name="maximumTokens"/> tokens or no pair occurs <paramref name="minimumCount"/> times.</summary>
    /// <exception cref="OperationCanceledException">The token asks for an end.</exception>
    /// <returns>The pairs in the order of their merging.</returns>
    public IReadOnlyList<(string Left, string Right)> Learn(int maximumTokens, int minimumCount, CancellationToken cancellation = default)
    {
        var merges = new List<(string, string)>();
        while (_tokens.Count < maximumTokens && _queue.TryDequeue(out var pair, out var priority))
        {
            cancellation.ThrowIfCancellationRequested();
            // An entry whose count has changed since is out of date; the present count has an entry of its own.
            if (_pairCounts.GetValueOrDefault(pair) != priority.Count)
            {
                continue;
            }
            if (priority.Count < minimumCount)
            {
                break;
            }
            merges.Add((_tokens[pair.Left], _tokens[pair.Right]));
            Merge(pair, IdOf(_tokens[pair.Left] + _tokens[pair.Right]));
        }
        return merges;
    }

    /// <summary>The id of what a merge joins: a new one, unless another pair gave the same token before ("ab" + "c" and "a" + "bc").</summary>
    private int IdOf(string token)
    {
        if (!_ids.TryGetValue(token, out int id))
        {
            _ids.Add(token, id = _tokens.Count);
            _tokens.Add(token);
        }
        return id;
    }

    private void Merge((int Left, int Right) pair, int joined)
    {
        int[] touched = [.. _wordsWithPair[pair]];
        foreach (int index in touched)
        {
            CountPairs(index, -_wordCounts[index]);
            Join(_words[index], pair, joined);
            CountPairs(index, _wordCounts[index]);
        }
        EnqueueChanged();
    }

    /// <summary>Joins the pair wherever it stands, the leftmost first: "aaa" with "a a" becomes "aa a".</summary>
    private static void Join(List<int> word, (int Left, int Right) pair, int joined)
    {
        int kept = 0;
        for (int i = 0; i < word.Count; i++)
        {
            bool isPair = i + 1 < word.Count && word[i] == pair.Left && word[i + 1] == pair.Right;
            word[kept++] = isPair ? joined : word[i];
            i += isPair ? 1 : 0;
        }
        word.RemoveRange(kept, word.Count - kept);
    }

    /// <summary>Adds a word's pairs to the counts, or with a negative count takes them away.</summary>
    private void CountPairs(int index, long count)
    {
        var word = _words[index];
        for (int i = 0; i + 1 < word.Count; i++)
        {
            var pair = (word[i], word[i + 1]);
            _pairCounts[pair] = _pairCounts.GetValueOrDefault(pair) + count;
            _changed.Add(pair);
            if (!_wordsWithPair.TryGetValue(pair, out var words))
            {
                _wordsWithPair.Add(pair, words = []);
            }
            _ = count > 0 ? words.Add(index) : words.Remove(index);
        }
    }

    private void EnqueueChanged()
    {
        foreach (var pair in _changed)
        {
            if (_pairCounts[pair] is var count and > 0)
            {
                _queue.Enqueue(pair, new Priority(count, pair.Left, pair.Right));
            }
            else
            {
                _pairCounts.Remove(pair);
                _wordsWithPair.Remove(pair);
            }
        }
        _changed.Clear();
    }

    /// <summary>The most frequent pair first; of equally frequent ones, that with the lower ids, so that the order of the corpus does not matter.</summary>
    private readonly record struct Priority(long Count, int Left, int Right) : IComparable<Priority>
    {
        public int CompareTo(Priority other) =>
            Count != other.Count ? other.Count.CompareTo(Count) : Left != other.Left ? Left.CompareTo(other.Left) : Right.CompareTo(other.Right);
    }
}
