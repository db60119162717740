namespace Microsoft.ML.Clip;

/// <content>What becomes of cosines.</content>
public sealed partial class ClipModel
{
    // Training clamps t at ln 100, and every model that OpenAI released ended there (section 2.5).
    private const float AssumedLogitScale = 100;

    /// <summary>
    /// exp(t): logit = <see cref="LogitScale"/> · cosine + <see cref="LogitBias"/>. In order: <see cref="ClipModelOptions.LogitScale"/>; the constant in the
    /// combined graph (<c>model.onnx</c>), even where single towers are used; a recorded value: <c>logit_scale</c> in the metadata of a tower's ONNX file,
    /// or in config.json or open_clip_config.json; else 100, with a warning.
    /// </summary>
    /// <exception cref="InvalidDataException">A file that should tell is broken; the message names it.</exception>
    /// <exception cref="InvalidOperationException">Nothing tells, and the model takes sigmoids, for which there is no good guess.</exception>
    public float LogitScale => _logitScale.Value;

    /// <summary>
    /// What is added to logit scale · cosine: 0 for CLIP, below 0 for SigLIP. It is found where <see cref="LogitScale"/> is: in
    /// <see cref="ClipModelOptions.LogitBias"/>, in the combined graph, or recorded as <c>logit_bias</c>.
    /// </summary>
    /// <exception cref="InvalidDataException">A file that should tell is broken; the message names it.</exception>
    /// <exception cref="InvalidOperationException">Nothing tells, and the model takes sigmoids, which mean nothing without it.</exception>
    public float LogitBias => (float?)(Options.LogitBias ?? _logits.Value?.Bias) ?? (Family.Score == ClipScoreKind.Softmax ? 0 : throw Untold());

    /// <summary>
    /// What logits become: <see cref="ClipScoreKind.Softmax"/> for CLIP, <see cref="ClipScoreKind.Sigmoid"/> for SigLIP and whatever else has a bias.
    /// </summary>
    /// <exception cref="InvalidDataException">A file that should tell is broken; the message names it.</exception>
    public ClipScoreKind ScoreFunction =>
        Family.Score == ClipScoreKind.Sigmoid || (Options.LogitBias ?? _logits.Value?.Bias) is not null ? ClipScoreKind.Sigmoid : ClipScoreKind.Softmax;

    /// <summary>Logit scale and bias if something tells them, without the assumption that <see cref="LogitScale"/> makes.</summary>
    internal (float? Scale, float? Bias) KnownLogits => ((float?)_logits.Value?.Scale, (float?)(Options.LogitBias ?? _logits.Value?.Bias));

    // What the options say needs no file.
    private LogitRule? FindLogitRule() => Options is { LogitScale: { } scale, LogitBias: { } bias } ? new(scale, bias)
        : _towers.FindLogitRule() is { } found ? found with { Scale = Options.LogitScale ?? found.Scale }
        : Options.LogitScale is { } alone ? new(alone, null) : null;

    private bool HasCombined => _towers.CombinedFiles.Count > 0;

    // A graph that only embeds, ends with probabilities, or multiplies by what is no constant.
    private string WhyUntold => HasCombined ? $"the graph '{_towers.CombinedFiles[0]}' does not make logits of cosines by constants that could be read" : "there is no combined graph";

    private float AssumeLogitScale()
    {
        if (ScoreFunction == ClipScoreKind.Sigmoid)
        {
            throw Untold();
        }
        _log.Warn($"Nothing in {Files.Location} tells the logit scale: {WhyUntold}, and none is recorded. Taking {AssumedLogitScale}, as in all models that OpenAI released; "
            + $"set {nameof(ClipModelOptions)}.{nameof(ClipModelOptions.LogitScale)} otherwise.");
        return AssumedLogitScale;
    }

    private InvalidOperationException Untold() => new($"Nothing in {Files.Location} tells logit scale and bias, without which the scores of {Family.Name} mean nothing: "
        + $"{WhyUntold}, and none are recorded. {(HasCombined ? "Set" : $"Add {KnownFiles.OnnxFolder}/{KnownFiles.Model}{KnownFiles.OnnxExtension}, which holds them, or set")} {nameof(ClipModelOptions)}.{nameof(ClipModelOptions.LogitScale)} and "
        + $"{nameof(ClipModelOptions)}.{nameof(ClipModelOptions.LogitBias)}. Embeddings and cosines need neither.");
}
