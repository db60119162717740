namespace Microsoft.ML.Clip;

/// <summary>
/// The messages of one model. A model speaks while it is loaded, before anyone can listen, so every listener first hears what has been said.
/// Thread-safe.
/// </summary>
internal sealed class ClipModelLog
{
    private readonly Lock _lock = new();
    private readonly List<ClipModelMessage> _said = [];
    private readonly object _sender;
    private EventHandler<ClipModelMessage>? _listeners;

    public ClipModelLog(object sender) => _sender = sender;

    public void Inform(string text) => Say(new() { Kind = ClipModelMessageKind.Information, Text = text });

    public void Warn(string text) => Say(new() { Kind = ClipModelMessageKind.Warning, Text = text });

    /// <summary>Warns of what is not the model's but a caller's: those hear it who listen, and it is not kept for others.</summary>
    public void WarnListeners(string text)
    {
        EventHandler<ClipModelMessage>? listeners;
        lock (_lock)
        {
            listeners = _listeners;
        }
        listeners?.Invoke(_sender, new() { Kind = ClipModelMessageKind.Warning, Text = text });
    }

    public void Add(EventHandler<ClipModelMessage>? listener)
    {
        ClipModelMessage[] said;
        lock (_lock)
        {
            _listeners += listener;
            said = [.. _said];
        }
        Array.ForEach(said, message => listener?.Invoke(_sender, message));
    }

    public void Remove(EventHandler<ClipModelMessage>? listener)
    {
        lock (_lock)
        {
            _listeners -= listener;
        }
    }

    private void Say(ClipModelMessage message)
    {
        EventHandler<ClipModelMessage>? listeners;
        lock (_lock)
        {
            // The same warning twice (from a second session of the same tower) says nothing new; this also bounds the list.
            if (_said.Contains(message))
            {
                return;
            }
            _said.Add(message);
            listeners = _listeners;
        }
        listeners?.Invoke(_sender, message);
    }
}
