namespace Microsoft.ML.Clip;

/// <summary>How the activations of a tower in 8 bits get their scale.</summary>
public enum ClipQuantizationMethod
{
    /// <summary>
    /// <see cref="Static"/> for a tower that is calibrated on at least 16 of the caller's own images or captions, and for texts without any, for which captions
    /// are made; <see cref="Dynamic"/> elsewhere.
    /// </summary>
    Automatic,

    /// <summary>
    /// Fixed scales, from calibration. Each row gets the same embedding whatever else is in its batch, up to the last bits, and texts need no padding; values
    /// beyond what calibration saw are cut.
    /// </summary>
    Static,

    /// <summary>
    /// Every run takes the scale of its own values, over the whole batch: nothing is cut, but a row's embedding depends on the others, and on padding, so that
    /// texts are encoded at full length. Convolutions stay in float.
    /// </summary>
    Dynamic,
}
