namespace TrainLockedClip;

/// <summary>
/// How like meanings are, by where they stand in WordNet (Lin 1998): 2 I(nearest kind of both) / (I(a) + I(b)), where I(kind) = -ln(share of the classes that
/// are of that kind). 1 is the same, 0 has nothing in common.
/// </summary>
internal sealed class Likeness
{
    private readonly WordNet _wordNet;
    private readonly string[] _classes;
    private readonly Dictionary<string, List<int>> _below = [];

    /// <param name="wordNet">Where meanings stand.</param>
    /// <param name="classes">The numbers of the meanings that words are compared with.</param>
    public Likeness(WordNet wordNet, IEnumerable<string> classes)
    {
        (_wordNet, _classes) = (wordNet, [.. classes]);
        for (int i = 0; i < _classes.Length; i++)
        {
            foreach (string kind in KindsOf(_classes[i]))
            {
                (_below.TryGetValue(kind, out var below) ? below : _below[kind] = []).Add(i);
            }
        }
    }

    /// <summary>How like a meaning is to each of the classes.</summary>
    public double[] To(string meaning)
    {
        double[] shared = new double[_classes.Length];
        foreach (string kind in KindsOf(meaning).Where(_below.ContainsKey).OrderBy(Information))
        {
            _below[kind].ForEach(i => shared[i] = Information(kind));
        }
        double own = Information(meaning);
        return [.. shared.Select((s, i) => s == 0 ? 0 : 2 * s / (own + Information(_classes[i])))];
    }

    // What no class is of says as much as a class by itself.
    private double Information(string kind) => Math.Log(_classes.Length / (double)(_below.TryGetValue(kind, out var below) ? below.Count : 1));

    private IEnumerable<string> KindsOf(string meaning) => _wordNet.Kinds(_wordNet[meaning]).Select(k => k.Noun.Id).Prepend(meaning);
}
