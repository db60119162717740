namespace Microsoft.ML.Clip;

/// <summary>Tokens and ids: those of the model, and those that were added to them.</summary>
internal sealed class TokenTable
{
    private readonly IReadOnlyDictionary<string, int> _ids;
    private readonly Dictionary<string, AddedToken> _added = new(StringComparer.Ordinal);
    private readonly string?[] _tokens;

    /// <exception cref="InvalidDataException">A token is given two ids, an id is given to two tokens, or a token is longer than any.</exception>
    public TokenTable(ITokenModel model, IEnumerable<AddedToken> added)
    {
        (_ids, Source) = (model.Vocabulary, model.Source);
        // Ordinarily every added token is in the vocabulary already, and the model's need not be copied.
        Dictionary<string, int>? extended = null;
        foreach (var token in added)
        {
            if (token.Content.Length > AddedTokenMatcher.MaximumLength)
            {
                throw new InvalidDataException($"{Source} adds a token of {token.Content.Length:N0} characters; {AddedTokenMatcher.MaximumLength} are the most. It begins with '{token.Content[..40]}'.");
            }
            if (!_ids.TryGetValue(token.Content, out int id))
            {
                _ids = extended ??= new Dictionary<string, int>(_ids, StringComparer.Ordinal);
                extended.Add(token.Content, token.Id);
            }
            else if (id != token.Id)
            {
                throw new InvalidDataException($"{Source} gives the token '{token.Content}' the id {id}, but adds it with the id {token.Id}.");
            }
            _added[token.Content] = token;
        }
        _tokens = new string[_ids.Count == 0 ? 0 : _ids.Values.Max() + 1];
        foreach (var (token, id) in _ids)
        {
            _tokens[id] = _tokens[id] is not { } other ? token
                : throw new InvalidDataException($"{Source} gives the id {id} to two tokens, '{other}' and '{token}'.");
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
}
