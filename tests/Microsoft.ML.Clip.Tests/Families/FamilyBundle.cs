namespace Microsoft.ML.Clip.Tests;

/// <summary>A model's directory as one exporter writes it.</summary>
internal sealed record FamilyBundle(Action<FamilyFolder> Fill)
{
    /// <summary>What has to be said to get the reference's answers; the defaults if the files say it all.</summary>
    public ClipModelOptions Options { get; init; } = new();

    /// <summary>Writes the files, and returns the directory.</summary>
    public string Write(string directory)
    {
        Fill(new FamilyFolder(directory));
        return directory;
    }
}

/// <summary>The directory that a bundle is written to.</summary>
internal sealed class FamilyFolder(string root)
{
    public string Path(string name)
    {
        string path = System.IO.Path.GetFullPath(System.IO.Path.Combine(root, name));
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        return path;
    }

    public FamilyFolder Graph(string name, TinyOnnx graph)
    {
        File.WriteAllBytes(Path(name), graph.ToBytes());
        return this;
    }

    public FamilyFolder Json(string name, string json)
    {
        using (System.Text.Json.JsonDocument.Parse(json))
        {
            File.WriteAllText(Path(name), json);
        }
        return this;
    }

    public FamilyFolder Text(string name, string text)
    {
        File.WriteAllText(Path(name), text);
        return this;
    }

    public FamilyFolder Delete(string name)
    {
        File.Delete(Path(name));
        return this;
    }

    /// <summary>transformers.js: a graph for each tower.</summary>
    public FamilyFolder Split(FamilyModel model, ImagePorts? image = null, TextPorts? text = null, string folder = "onnx") =>
        Graph($"{folder}/vision_model.onnx", FamilyGraphs.Image(model, image ?? ImagePorts.HuggingFace))
            .Graph($"{folder}/text_model.onnx", FamilyGraphs.Text(model, text ?? TextPorts.HuggingFace));

    /// <summary>immich: a folder for each tower, with what belongs to it, and open_clip's configuration.</summary>
    public FamilyFolder Immich(FamilyModel model, string preprocessor, string configuration, Action<string> tokenizer, TextPorts? text = null)
    {
        Graph("visual/model.onnx", FamilyGraphs.Image(model, ImagePorts.OpenClip)).Json("visual/preprocess_cfg.json", preprocessor)
            .Graph("textual/model.onnx", FamilyGraphs.Text(model, text ?? TextPorts.OpenClip(model.Places))).Json("config.json", configuration);
        tokenizer(System.IO.Path.Combine(root, "textual"));
        return this;
    }

    public FamilyFolder Tokenizer(Action<string> write)
    {
        write(root);
        return this;
    }
}
