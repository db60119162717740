namespace Microsoft.ML.Clip;

/// <summary>Tokens and ids: those of the byte-pair vocabulary, and those that were added to it.</summary>
internal sealed class TokenTable
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, AddedToken> _added = new(StringComparer.Ordinal);
    private readonly string?[] _tokens;

    /// <exception cref="InvalidDataException">A token is given two ids.</exception>
    public TokenTable(BytePairModel model, IEnumerable<AddedToken> added)
    {
        (_ids, Source) = (model.Vocabulary, model.Source);
        foreach (var token in added)
        {
            Add(token);
        }
        _tokens = new string[_ids.Count == 0 ? 0 : _ids.Values.Max() + 1];
        foreach (var (token, id) in _ids)
        {
            _tokens[id] = token;
        }
    }

    /// <summary>Where the tokens come from, for messages.</summary>
    public string Source { get; }

    /// <summary>The number of ids, from 0 to the greatest.</summary>
    public int Size => _tokens.Length;

    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>The tokens that are looked for in texts.</summary>
    public IReadOnlyList<AddedToken> Added => [.. _added.Values];

    /// <summary>The token of an id, or <see langword="null"/> if there is none.</summary>
    public string? this[int id] => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <exception cref="InvalidDataException">There is no such token; the message names its role.</exception>
    public int Id(string token, string role) => _ids.TryGetValue(token, out int id)
        ? id
        : throw new InvalidDataException($"The {role} token '{token}' is neither in the vocabulary nor among the added tokens of {Source}.");

    /// <summary>Makes a token of the vocabulary one that is looked for in texts, unless it is already.</summary>
    public void AddSpecial(AddedToken token)
    {
        if (_ids.TryGetValue(token.Content, out int id))
        {
            _added.TryAdd(token.Content, token with { Id = id });
        }
    }

    private void Add(AddedToken token)
    {
        if (_ids.TryGetValue(token.Content, out int id) && id != token.Id)
        {
            throw new InvalidDataException($"{Source} gives the token '{token.Content}' the id {id}, but adds it with the id {token.Id}.");
        }
        _ids[token.Content] = token.Id;
        _added[token.Content] = token;
    }
}
