using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Clip;

/// <summary>The encoders of one model, found in its files and checked against each other.</summary>
internal sealed class ClipTowers : IDisposable
{
    private readonly ModelFiles _files;
    private readonly RecordingModelFiles _imageFiles, _textFiles;
    private readonly ClipModelLayout _layout;
    private readonly Dictionary<string, ExceptionDispatchInfo> _refusals = [];

    /// <summary>Reads the graphs' structure; no session is opened.</summary>
    /// <exception cref="FileNotFoundException">There is no model, or a file that it needs is missing.</exception>
    /// <exception cref="InvalidDataException">A file is broken, or the files do not fit together.</exception>
    public ClipTowers(ModelFiles files, ClipModelOptions options, ClipModelLog log)
    {
        (_files, _layout) = (files, ClipModelLayout.Find(files, options.Variant));
        OnnxNativeRuntime.LoadAhead();
        if (options.Variant is null && _layout.Variant.Length > 0)
        {
            log.Inform($"The model in {files.Location} has only the variant '{_layout.Variant.TrimStart('_')}', which is used.");
        }
        Family = ClipFamily.Of(files);
        if (Family.UnknownType is { } type)
        {
            log.Warn($"{files.Describe(KnownFiles.Configuration)} says that the model is of the kind '{ClipException.Shown(type)}', which is not known here. It is taken for CLIP: texts, padding and scores as there.");
        }
        Sessions = new OnnxSessionFactory(files, options.ToSessionChoices(log));
        bool isCombined = _layout.TextFile == _layout.ImageFile;
        _imageFiles = files.Recording();
        _textFiles = isCombined ? _imageFiles : files.Recording();
        var imageGraph = Read(_imageFiles, _layout.ImageFile);
        var textGraph = isCombined ? imageGraph : Read(_textFiles, _layout.TextFile);
        Image = imageGraph is null ? null : Try("image", () => ClipImageEncoder.TryCreate(imageGraph, Family.Image, Sessions, log.Warn));
        Text = textGraph is null ? null : Try("text", () => ClipTextEncoder.TryCreate(textGraph, Family, Sessions, log.Warn));
        if (Image is null && Text is null)
        {
            if (_refusals.Values.FirstOrDefault() is { } refusal)
            {
                refusal.Throw();
            }
            var graph = (imageGraph ?? textGraph)!;
            throw new InvalidDataException($"The graph {graph.Description} takes neither images nor token ids: {graph.Signature}.");
        }
        foreach (var (tower, refusal) in _refusals)
        {
            log.Warn($"The {tower} encoder of the model in {files.Location} cannot be used, the other can: {refusal.SourceException.Message}");
        }
        if (Text is not null)
        {
            Text.ChecksPadding &= options.Tokenizer.PadId is null;
        }
        if (Image?.Dimension is { } imageWidth && Text?.Dimension is { } textWidth && imageWidth != textWidth)
        {
            throw new InvalidDataException(
                $"The towers do not belong together: {Image.Graph.Description} gives embeddings of {imageWidth} values, {Text.Graph.Description} of {textWidth}.");
        }
    }

    public ClipFamily Family { get; }

    /// <summary>The graphs of both towers, which should hold logit scale and bias.</summary>
    public IReadOnlyList<string> CombinedFiles => _layout.CombinedFiles;

    public OnnxSessionFactory Sessions { get; }

    public ClipImageEncoder? Image { get; }

    public ClipTextEncoder? Text { get; }

    /// <summary>Which files hold what.</summary>
    public ClipModelLayout Layout => _layout;

    /// <summary>Where the image tower lies, with a slash behind it; empty for the root.</summary>
    public string ImageFolder => _layout.ImageFile is { } file ? file[..(file.LastIndexOf('/') + 1)] : "";

    public ClipImageEncoder RequireImage() => Image ?? throw Missing("image", _layout.ImageFile, ClipModelLayout.ImageFiles(_layout.Variant));

    public ClipTextEncoder RequireText() => Text ?? throw Missing("text", _layout.TextFile, ClipModelLayout.TextFiles(_layout.Variant));

    /// <summary>The names of the files that the image tower was read from.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public IReadOnlyList<string> ImageFiles()
    {
        RequireImage();
        return _imageFiles.Opened;
    }

    /// <summary>The names of the files that the text tower was read from.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public IReadOnlyList<string> TextFiles()
    {
        RequireText();
        return _textFiles.Opened;
    }

    /// <summary>Logit scale and bias as the model's files tell them, in order of authority; null if none does.</summary>
    public LogitRule? FindLogitRule()
    {
        OnnxGraph?[] open = [Image?.Graph, Text?.Graph];
        var combined = _layout.CombinedFiles.Select(name => open.FirstOrDefault(g => g?.FileName == name) ?? OnnxGraphReader.Read(_files, name));
        return combined.Select(g => LogitScaleFinder.InGraph(_files, g, Family.Logits)).FirstOrDefault(rule => rule is not null)
            ?? open.OfType<OnnxGraph>().Select(LogitScaleFinder.InMetadata).FirstOrDefault(rule => rule is not null)
            ?? LogitScaleFinder.InConfiguration(_files);
    }

    public void Dispose()
    {
        Image?.Dispose();
        Text?.Dispose();
    }

    private static OnnxGraph? Read(RecordingModelFiles files, string? name)
    {
        if (name is null)
        {
            return null;
        }
        var graph = OnnxGraphReader.Read(files, name);
        foreach (string data in OnnxExternalData.Files(files, graph))
        {
            // ONNX Runtime reads it, but only when the first row comes, and without saying whose it is.
            files.OpenRead(data).Dispose();
        }
        return graph;
    }

    /// <summary>Makes an encoder; what cannot be used must not keep the other tower from its work.</summary>
    private T? Try<T>(string tower, Func<T?> create)
        where T : class
    {
        try
        {
            return create();
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException)
        {
            _refusals.Add(tower, ExceptionDispatchInfo.Capture(e));
            return null;
        }
    }

    private Exception Missing(string tower, string? read, IEnumerable<string> names) => _refusals.TryGetValue(tower, out var refusal)
        ? new NotSupportedException(refusal.SourceException.Message, refusal.SourceException)
        : new InvalidOperationException(
        $"The CLIP model in {_files.Location} has no {tower} encoder: " +
        (read is null ? $"none of {string.Join(", ", names)} is there." : $"{_files.Describe(read)} has no inputs for one, and none of {string.Join(", ", names)} is there.") +
        ClipModelLayout.OtherVariants(_files, image: tower == "image"));
}
