using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.ML.Clip;

/// <summary>Loads the model that a container's options name, once, and knows how far that is.</summary>
internal sealed partial class ModelLoader(IOptionsMonitor<ClipServiceOptions> options, string name, ILogger logger) : IDisposable
{
    private readonly CancellationTokenSource _stopped = new();
    private volatile bool _isLoading;
    private volatile ClipServiceOptions? _loaded;

    /// <summary>Whether somebody waits for the model at this moment. Asking the container for it then would wait, too.</summary>
    public bool IsLoading => _isLoading;

    /// <summary>
    /// Those of the model that was loaded, as long as it is there: settings that change while the program runs would give it the name of another, and a file of
    /// settings that is wrong for a moment would be reported as a model that is ill.
    /// </summary>
    public ClipServiceOptions Options => _loaded ?? options.Get(name);

    /// <summary>Loads the model; the container calls it once, as for all its singletons, and disposes what it gives.</summary>
    public ClipModel Load()
    {
        _isLoading = true;
        try
        {
            var chosen = options.Get(name);
            string id = chosen.Name;
            var model = chosen.IsOfAHub ? ClipModel.FromHub(chosen.HubId!, chosen.Hub, chosen.Model, _stopped.Token)
                : ClipModel.Load(chosen.Directory!, chosen.Model);
            model.Message += (_, message) =>
                Say(logger, message.Kind == ClipModelMessageKind.Warning ? LogLevel.Warning : LogLevel.Information, id, message.Text);
            _loaded = chosen;
            return model;
        }
        finally
        {
            _isLoading = false;
        }
    }

    /// <summary>Ends a download: the container goes, and nobody waits for it any more.</summary>
    public void Dispose()
    {
        _stopped.Cancel();
        _stopped.Dispose();
    }

    [LoggerMessage(EventId = 1, EventName = "ModelMessage", Message = "{Model}: {Text}")]
    private static partial void Say(ILogger logger, LogLevel level, string model, string text);
}
