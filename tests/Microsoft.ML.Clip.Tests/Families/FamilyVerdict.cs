namespace Microsoft.ML.Clip.Tests;

/// <summary>What becomes of images, texts or zero-shot classification with a bundle.</summary>
internal sealed record FamilyVerdict
{
    private enum Kind
    {
        Right,
        Warned,
        Doubtful,
        Refused,
    }

    private readonly Kind _kind;
    private readonly Type? _error;
    private readonly string[] _words;

    private FamilyVerdict(Kind kind, Type? error, string[] words) => (_kind, _error, _words) = (kind, error, words);

    /// <summary>As the reference, without a word.</summary>
    public static FamilyVerdict Right { get; } = new(Kind.Right, null, []);

    /// <summary>As the reference, and a warning holds the words.</summary>
    public static FamilyVerdict Warned(params string[] words) => new(Kind.Warned, null, words);

    /// <summary>Not as the reference, as the files do not tell; a warning that holds the words says so.</summary>
    public static FamilyVerdict Doubtful(params string[] words) => new(Kind.Doubtful, null, words);

    /// <summary>An exception whose message holds the words. Where the model loads all the same, a warning may say it, too.</summary>
    public static FamilyVerdict Refused<T>(params string[] words)
        where T : Exception => new(Kind.Refused, typeof(T), words);

    /// <summary>Whether a warning is one that the verdict names.</summary>
    public bool Expects(string warning) => _kind != Kind.Right && _words.All(word => warning.Contains(word, StringComparison.Ordinal));

    /// <summary>Holds what happened against the verdict.</summary>
    /// <param name="what">What it is about, for messages.</param>
    /// <param name="work">Does it, and compares the result with the reference's.</param>
    /// <param name="warnings">What has been said, by the time it is done.</param>
    public void Hold(string what, Action work, IReadOnlyList<string> warnings)
    {
        var error = Record.Exception(work);
        if (_kind == Kind.Refused)
        {
            Assert.True(error?.GetType() == _error, $"{what}: expected {_error!.Name}, found {error}");
            Assert.All(_words, word => Assert.Contains(word, error!.Message, StringComparison.Ordinal));
            return;
        }
        Assert.True(_kind == Kind.Doubtful ? error is Xunit.Sdk.XunitException : error is null, $"{what}: expected {_kind}, found {(error is null ? "the reference's answers" : error)}");
        Assert.True(_kind == Kind.Right || warnings.Any(Expects), $"{what}: no warning holds {string.Join(", ", _words)}; there are: {string.Join(" | ", warnings)}");
    }
}
