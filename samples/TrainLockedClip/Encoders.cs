using System.Globalization;
using Microsoft.ML.Clip;
using Samples;

namespace TrainLockedClip;

/// <summary>The two encoders of the packages, as models of one tower each, and their features, which are kept in the work folder.</summary>
internal sealed class Encoders : IDisposable
{
    private readonly ClipModel _images, _texts;
    private readonly string _cache;

    /// <param name="work">Where the models and the features are kept.</param>
    public Encoders(string work)
    {
        string towers = Path.Combine(work, "towers");
        if (!File.Exists(Path.Combine(towers, "texts", "config.json")))
        {
            EverydayModel.WriteTowers(towers);
        }
        _cache = Path.Combine(work, "features");
        _images = ClipModel.Load(Path.Combine(towers, "images"));
        _texts = ClipModel.Load(Path.Combine(towers, "texts"));
    }

    public float[][] Images(string name, IReadOnlyList<string> paths) => Images(_images, name, paths);

    /// <summary>The same with another model, which gives embeddings.</summary>
    public float[][] Images(ClipModel model, string name, IReadOnlyList<string> paths)
    {
        float[][] features = ClipLockedFeatures.OfImages(model, paths, _cache, new Line(name, paths.Count));
        Console.Error.WriteLine();
        return features;
    }

    public float[][] Texts(IReadOnlyList<string> texts) => ClipLockedFeatures.OfTexts(_texts, texts, _cache);

    public void Dispose()
    {
        _images.Dispose();
        _texts.Dispose();
    }

    private sealed class Line(string name, int all) : IProgress<int>
    {
        public void Report(int value) => Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{name}: {value:N0} of {all:N0} images "));
    }
}
