namespace Microsoft.ML.Clip;

/// <summary>How a saved pipeline keeps the CLIP model that its steps use.</summary>
public enum ClipModelStorage
{
    /// <summary>The files that the steps need lie inside the saved model, once. It loads anywhere.</summary>
    Embedded,

    /// <summary>
    /// The saved model keeps the directory's path and the files' SHA-256, which are checked on loading. It stays small. It is followed only to directories that
    /// the caller allows (<see cref="ClipCatalog.AllowClipModelDirectory"/>), or from which the process has itself loaded a model with this setting.
    /// </summary>
    Reference,
}
