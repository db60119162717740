using System.Diagnostics;
using System.Globalization;
using Everyday;
using Microsoft.ML.Clip;
using Samples;

namespace TrainLockedClip;

/// <summary>The figures of the model's card.</summary>
internal sealed class Evaluation(ImageSets sets, WordNet wordNet, Encoders encoders, string head, string work)
{
    private const int TimedPhotographs = 40, CalibrationImages = 64;
    private const string Variant = "int8";

    /// <summary>Accuracy, with the two encoders and the head, or with the model that is put together, in 8 bits.</summary>
    /// <param name="int8">Whether images are embedded in 8 bits.</param>
    /// <param name="textsInt8">Whether names are, too. They are embedded once, and lose much more by it: the kernel is made of exponentials of cosines.</param>
    /// <param name="perClass">Images of each class of Tiny ImageNet's validation and, twenty times as many, CIFAR-10's test.</param>
    public void Accuracy(bool int8, bool textsInt8, int perClass)
    {
        var learned = ClipLockedHead.Load(head);
        using var whole = int8 || textsInt8
            ? ClipModel.Load(Quantized(EverydayModel.Open(Console.Error.WriteLine, work, head)), new() { Variant = Variant })
            : null;

        var cifar = sets.CifarTest(perClass >= int.MaxValue / 20 ? int.MaxValue : 20 * perClass);
        Report("CIFAR-10, test", cifar, ClassNames.Cifar10.ToDictionary(c => c.Name, c => c.Name));
        var tiny = sets.TinyClasses.Zip(sets.TinyNames).ToDictionary(c => c.First, c => c.Second);
        Report("Tiny ImageNet, validation", sets.TinyValidation(perClass), tiny);

        LabelledImage[] never = [.. sets.NeverTrained.Select(c => new LabelledImage(c.Path, c.Id))];
        var names = sets.NeverTrained.ToDictionary(c => c.Id, c => c.Name);
        Report("ImageNet classes never trained", never, names);
        // Theirs, and WordNet's first word for all others.
        Dictionary<string, string> all = new(names);
        foreach (string id in sets.PhotographClasses.Concat(sets.TinyClasses))
        {
            all.TryAdd(id, wordNet[id].Words[0]);
        }
        Report("ImageNet classes never trained, among all of ImageNet that is at hand", never, all);

        foreach (var (title, archive) in new[] { ("Oxford-IIIT Pets, not used otherwise", "oxford-pets-370"), ("PACS, photographs, not used otherwise", "pacs-photo") })
        {
            if (sets.Other(archive) is { } other)
            {
                Report(title, other, other.Select(i => i.Class).Distinct().Order(StringComparer.Ordinal).ToDictionary(c => c, c => c.Replace('_', ' ')));
            }
        }

        void Report(string title, LabelledImage[] images, Dictionary<string, string> labels)
        {
            string[] paths = [.. images.Select(i => i.Path)], classes = [.. labels.Keys];
            string[] words = [.. classes.Select(c => labels[c])];
            float[][] texts = Training.Average(t => textsInt8 ? whole!.EncodeTexts(t) : learned.EmbedTexts(encoders.Texts(t)), words);
            float[][] embedded = int8 ? encoders.Images(whole!, title, paths) : learned.EmbedImages(encoders.Images(title, paths));
            var accuracy = TrainLockedClip.Accuracy.Of(embedded, texts, [.. images.Select(i => Array.IndexOf(classes, i.Class))]);
            Console.WriteLine($"{title}: {accuracy}, {classes.Length} names");
        }
    }

    /// <summary>What photographs are taken for, among a few words.</summary>
    public void Photographs(IReadOnlyList<string> paths, IReadOnlyList<string> words)
    {
        var learned = ClipLockedHead.Load(head);
        float[][] texts = Training.Labels(learned, encoders, words), images = learned.EmbedImages(encoders.Images("photographs", paths));
        for (int i = 0; i < images.Length; i++)
        {
            float[] cosines = [.. texts.Select(t => System.Numerics.Tensors.TensorPrimitives.Dot<float>(images[i], t))];
            double sum = cosines.Sum(c => Math.Exp(learned.LogitScale * c));
            Console.WriteLine($"{Path.GetFileName(paths[i])}: " + string.Join(", ", cosines.Index().OrderByDescending(c => c.Item).Take(3).Select(c =>
                string.Create(CultureInfo.InvariantCulture, $"{words[c.Index]} {Math.Exp(learned.LogitScale * c.Item) / sum:p0}"))));
        }
    }

    /// <summary>Seconds to put the model together, its sizes, and milliseconds for a photograph on one thread.</summary>
    public void Speed()
    {
        string folder = Path.Combine(work, $"speed.{Guid.NewGuid():N}.tmp");
        try
        {
            var clock = Stopwatch.StartNew();
            string model = EverydayModel.Open(Console.Error.WriteLine, folder, head);
            Print($"put together in {clock.Elapsed.TotalSeconds:f1} s");
            clock.Restart();
            string small = Quantized(model);
            Print($"in 8 bits in {clock.Elapsed.TotalSeconds:f1} s more");
            foreach (string file in new[] { model, small }.SelectMany(m => Directory.EnumerateFiles(Path.Combine(m, "onnx")).Order(StringComparer.Ordinal)))
            {
                Print($"{Path.GetFileName(file)}: {new FileInfo(file).Length / 1e6:f1} MB");
            }
            string[] photographs = [.. sets.NeverTrained.Select(c => c.Path).Take(TimedPhotographs)];
            foreach (bool int8 in new[] { false, true })
            {
                using var clip = ClipModel.Load(int8 ? small : model, new()
                {
                    Variant = int8 ? Variant : null,
                    IntraOpNumThreads = 1,
                    PreprocessingThreads = 1,
                    ConcurrentBatches = 1,
                    BatchSize = 1,
                });
                double[] times = [.. photographs.Prepend(photographs[0]).Select(p =>
                {
                    clock.Restart();
                    clip.EncodeImages([p]);
                    return clock.Elapsed.TotalMilliseconds;
                }).Skip(1).Order()];
                string kind = int8 ? "int8" : "fp32";
                Print($"{kind}: {times[times.Length / 2]:f1} ms a photograph, file to embedding, one thread ({times[0]:f1} to {times[^1]:f1}, {times.Length} of them)");
            }
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    // The scales are taken from images that the head was fitted to, and from names in all templates.
    private string Quantized(string model)
    {
        string folder = $"{model}-{Variant}";
        if (!Directory.Exists(folder))
        {
            // Photographs and small images, which differ in what goes through the encoder; of neither what is measured.
            var never = sets.NeverTrained.Select(c => c.Id).ToHashSet();
            var lists = sets.Training(tinyPerClass: 1, cifarPerClass: CalibrationImages, views: [])
                .Select(list => list.Images.Where(i => !never.Contains(i.Class)).ToArray());
            string[] images = [.. lists.SelectMany(list => list.Where((_, i) => i % Math.Max(1, list.Length / CalibrationImages) == 0).Take(CalibrationImages))
                .Select(i => i.Path)];
            var report = ClipModel.Quantize(model, folder, new()
            {
                Variant = Variant,
                // Whitening and hidden units magnify what rounding does to features. With half of the weights in float it is no nearer (0.968 for 0.967).
                MinimumCosine = 0.95,
                Images = [.. images.Select(ClipImageSource.FromFile)],
                Captions = [.. sets.TinyNames.Take(CalibrationImages).SelectMany(n => Templates.Everyday.Select(t => ClipPrompts.Fill(t, n)))],
                MeasureSpeed = false,
            });
            Console.Error.WriteLine(report);
        }
        return folder;
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
