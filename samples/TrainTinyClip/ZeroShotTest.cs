using System.Numerics.Tensors;
using Microsoft.ML.Clip;

namespace TrainTinyClip;

/// <summary>Zero-shot accuracy on the test part of a set, with the plain template.</summary>
internal sealed class ZeroShotTest
{
    private readonly string _name;
    private readonly IReadOnlyList<ImageClass> _classes;
    private readonly int[] _labels;
    private readonly ClipImageSet _images;

    public ZeroShotTest(string name, ImageFolder folder, int perClass, int imageSize)
    {
        _name = name;
        _classes = folder.Classes;
        (string[] paths, _labels) = folder.TestImages(perClass);
        _images = ClipImageSet.Load(paths, imageSize);
    }

    public string Run(ClipTrainingSnapshot model)
    {
        float[][] texts = model.EncodeTexts([.. _classes.Select(c => ClipPrompts.Fill(ClipPrompts.Simple[0], c.Name))]);
        float[][] images = model.EncodeImages(_images);
        int first = 0, five = 0;
        for (int i = 0; i < images.Length; i++)
        {
            float[] scores = [.. texts.Select(t => TensorPrimitives.Dot<float>(images[i], t))];
            int better = scores.Count(s => s > scores[_labels[i]]);
            first += better < 1 ? 1 : 0;
            five += better < 5 ? 1 : 0;
        }

        return $"{_name}: top-1 {100.0 * first / images.Length:f2}%, top-5 {100.0 * five / images.Length:f2}% of {images.Length}";
    }
}
