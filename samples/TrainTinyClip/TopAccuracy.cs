namespace TrainTinyClip;

/// <summary>How often the right class has the highest score, and one of the five highest.</summary>
internal sealed class TopAccuracy
{
    private int _first, _five, _total;

    /// <summary>Counts one image.</summary>
    /// <param name="scores">The score of every class.</param>
    /// <param name="truth">The number of the right class.</param>
    public void Add(float[] scores, int truth)
    {
        int better = scores.Count(s => s > scores[truth]);
        _first += better < 1 ? 1 : 0;
        _five += better < 5 ? 1 : 0;
        _total++;
    }

    public override string ToString() => $"top-1 {100.0 * _first / _total:f2}%, top-5 {100.0 * _five / _total:f2}% of {_total}";
}
