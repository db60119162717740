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
        var accuracy = new TopAccuracy();
        for (int i = 0; i < images.Length; i++)
        {
            accuracy.Add([.. texts.Select(t => TensorPrimitives.Dot<float>(images[i], t))], _labels[i]);
        }

        return $"{_name}: {accuracy}";
    }
}
