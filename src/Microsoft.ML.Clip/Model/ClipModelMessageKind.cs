namespace Microsoft.ML.Clip;

/// <summary>How serious a <see cref="ClipModelMessage"/> is.</summary>
public enum ClipModelMessageKind
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Information,

    /// <summary>The model works, though not as asked for, or on an assumption.</summary>
    Warning,
}
