using Everyday;
using Microsoft.ML.Clip;

namespace TrainLockedClip;

/// <summary>Fits the head: once without the development classes, which tells the logit scale and what the recipe is worth, and once with them.</summary>
internal static class Training
{
    // The part of the small images of trained classes that tells the logit scale in the first fit, and what draws it.
    private const double HeldBack = 0.1;
    private const int Seed = 1;

    public static ClipLockedHead Run(ImageSets sets, IEnumerable<(string Name, LabelledImage[] Images)> lists, WordNet wordNet,
        Encoders encoders, Recipe recipe)
    {
        List<LabelledImage> images = [];
        List<float[]> features = [];
        foreach (var (name, list) in lists)
        {
            images.AddRange(list);
            features.AddRange(encoders.Images(name, [.. list.Select(i => i.Path)]));
        }
        HashSet<string> never = [.. sets.NeverTrained.Select(c => c.Id)], development = Split.Development(sets, recipe.Fold);
        int[] all = [.. Enumerable.Range(0, images.Count).Where(i => !never.Contains(images[i].Class))];
        var random = new Random(Seed);
        bool[] drawn = [.. images.Select(_ => random.NextDouble() < HeldBack)];
        int[] held = [.. all.Where(i => development.Contains(images[i].Class) || (!images[i].IsPhotograph && drawn[i]))];

        var cifar = ClassNames.Cifar10.ToDictionary(c => c.Name, c => c.Id);
        var head = Fit([.. all.Except(held)]);
        // Each photograph once: its other looks are as easy or hard as itself.
        int[] test = [.. held.Where(i => !images[i].IsPhotograph || i < sets.Photographs.Count)];
        string[] classes = [.. images.Select(i => i.Class).Distinct()];
        float[][] texts = Labels(head, encoders, [.. classes.Select(c => cifar.ContainsKey(c) ? c : wordNet[c].Words[0])]);
        float[][] embedded = head.EmbedImages([.. test.Select(i => features[i])]);
        foreach (var (name, part) in Parts())
        {
            Console.WriteLine($"development, {name}: {Score(part)}");
        }
        float scale = ClipLockedTrainer.FitLogitScale(embedded, texts, [.. test.Select(i => Array.IndexOf(classes, images[i].Class))]);
        Console.WriteLine($"logit scale {scale:f1}, on {test.Length} images among {classes.Length} names");
        return Fit(all).WithLogitScale(scale);

        ClipLockedHead Fit(int[] chosen)
        {
            string[] order = [.. chosen.Select(i => images[i].Class).Distinct()];
            var number = order.Select((c, i) => (c, i)).ToDictionary(c => c.c, c => c.i);
            ClipLockedClass[] names = [.. order.Select(c => cifar.TryGetValue(c, out string? id) ? ClassNames.Of(wordNet, id, recipe, c)
                : ClassNames.Of(wordNet, c, recipe))];
            float[] weights = [.. chosen.Select(i => images[i].IsPhotograph ? recipe.Photograph : cifar.ContainsKey(images[i].Class) ? recipe.Cifar : 1)];
            double[] counts = new double[order.Length];
            for (int i = 0; i < chosen.Length; i++)
            {
                counts[number[images[chosen[i]].Class]] += weights[i];
            }
            var relatives = Relatives.Of(wordNet, [.. order.Select((c, i) => (cifar.GetValueOrDefault(c, c), counts[i]))],
                [.. images.Select(i => i.Class).Distinct().Except(order).Except(cifar.Keys)],
                names.SelectMany(n => n.Others.Select(o => o.Text).Prepend(n.Name)).ToHashSet(), recipe);
            names = [.. names.Select((n, i) => n with { Others = [.. n.Others, .. relatives[i]] })];
            var data = ClipLockedData.OfClasses([.. chosen.Select(i => features[i])], [.. chosen.Select(i => number[images[i].Class])], names, encoders.Texts,
                Templates.Everyday);
            var trainer = new ClipLockedTrainer(recipe.Options);
            var fitted = trainer.Fit(data with { ImageWeights = weights });
            Console.WriteLine($"{chosen.Length} images, {names.Length} classes, {trainer.Report!.Anchors} anchors");
            return fitted;
        }

        IEnumerable<(string Name, int[] Images)> Parts()
        {
            yield return ("photographs of classes left out, among all names", [.. Places(i => i.IsPhotograph)]);
            yield return ("Tiny ImageNet, classes left out, among all names", [.. Places(i => !i.IsPhotograph && development.Contains(i.Class))]);
            yield return ("small images of trained classes, among all names", [.. Places(i => !i.IsPhotograph && !development.Contains(i.Class))]);
        }

        IEnumerable<int> Places(Func<LabelledImage, bool> of) => Enumerable.Range(0, test.Length).Where(p => of(images[test[p]]));

        Accuracy Score(int[] part) =>
            Accuracy.Of([.. part.Select(p => embedded[p])], texts, [.. part.Select(p => Array.IndexOf(classes, images[test[p]].Class))]);
    }

    /// <summary>Embeddings of names: the mean over the templates, of unit length.</summary>
    public static float[][] Labels(ClipLockedHead head, Encoders encoders, IReadOnlyList<string> names) =>
        Average(texts => head.EmbedTexts(encoders.Texts(texts)), names);

    /// <summary>The same with any encoder of texts.</summary>
    public static float[][] Average(Func<IReadOnlyList<string>, float[][]> embed, IReadOnlyList<string> names)
    {
        float[][][] templates = [.. Templates.Everyday.Select(t => embed([.. names.Select(n => ClipPrompts.Fill(t, n))]))];
        return [.. names.Select((_, n) =>
        {
            float[] sum = [.. Enumerable.Range(0, templates[0][n].Length).Select(k => templates.Sum(t => t[n][k]))];
            float length = MathF.Sqrt(sum.Sum(x => x * x));
            return sum.Select(x => x / length).ToArray();
        })];
    }
}
