namespace Microsoft.ML.Clip;

/// <summary>What is counted of answers.</summary>
internal static class HumanAnswers
{
    public static ClipHumanAnswer[] Check(IEnumerable<ClipHumanAnswer> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        ClipHumanAnswer[] all = [.. answers];
        if (all.Length == 0)
        {
            throw new ArgumentException("There are no answers to measure.", nameof(answers));
        }
        var labels = new Dictionary<string, int>(StringComparer.Ordinal);
        var seen = new HashSet<(string, string)>();
        foreach (var answer in all)
        {
            if (answer.Label < 0 || answer.Answer < 0)
            {
                throw new ArgumentException($"'{answer.Observer}' has for '{answer.Image}' the label {answer.Label} and the answer {answer.Answer}; classes count from 0.", nameof(answers));
            }
            if (!labels.TryAdd(answer.Image, answer.Label) && labels[answer.Image] != answer.Label)
            {
                throw new ArgumentException($"The image '{answer.Image}' has the labels {labels[answer.Image]} and {answer.Label}.", nameof(answers));
            }
            if (!seen.Add((answer.Observer, answer.Image)))
            {
                throw new ArgumentException($"'{answer.Observer}' answers twice to '{answer.Image}'.", nameof(answers));
            }
        }
        return all;
    }

    public static ClipHumanRate Rate(ClipHumanAnswer[] answers)
    {
        var people = answers.GroupBy(a => a.Observer, StringComparer.Ordinal).ToArray();
        return people.Length == 0 ? new(double.NaN, double.NaN)
            : new(people.Average(p => p.Average(Right)), people.Average(p => p.GroupBy(a => a.Label).Average(c => c.Average(Right))));
    }

    public static ClipMajorityRate Vote(ClipHumanAnswer[] answers)
    {
        var votes = answers.GroupBy(a => a.Image, StringComparer.Ordinal).Select(image =>
        {
            var counts = image.GroupBy(a => a.Answer).Select(a => (Answer: a.Key, Count: a.Count())).OrderByDescending(a => a.Count).Take(2).ToArray();
            bool isTie = counts.Length == 2 && counts[0].Count == counts[1].Count;
            return (image.First().Label, IsTie: isTie, IsRight: counts[0].Answer == image.First().Label);
        }).ToArray();
        var decided = votes.Where(v => !v.IsTie).Select(v => (v.Label, Score: v.IsRight ? 1.0 : 0)).ToArray();
        int ties = votes.Length - decided.Length;
        return decided.Length == 0 ? new(double.NaN, double.NaN, 0, ties)
            : new(decided.Average(v => v.Score), decided.GroupBy(v => v.Label).Average(c => c.Average(v => v.Score)), decided.Length, ties);
    }

    public static double Right(ClipHumanAnswer answer) => answer.Answer == answer.Label ? 1 : 0;
}
