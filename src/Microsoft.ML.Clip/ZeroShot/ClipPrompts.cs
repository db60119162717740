using System.Collections.Immutable;

namespace Microsoft.ML.Clip;

/// <summary>
/// Prompt templates: sentences in which <c>{}</c> stands for a class name. Embedding several per class and averaging them (a prompt ensemble)
/// gives better zero-shot classifiers than the bare name; section 3.1.4 of the paper.
/// </summary>
public static class ClipPrompts
{
    /// <summary>What stands for the class name in a template.</summary>
    public const string Placeholder = "{}";

    /// <summary>The paper's single default template, <c>a photo of a {}.</c></summary>
    public static ImmutableArray<string> Simple { get; } = ["a photo of a {}."];

    /// <summary>
    /// The seven templates that OpenAI's forward selection over <see cref="ImageNet80"/> kept. A good choice for photographs of things.
    /// Source: openai/CLIP, <c>notebooks/Prompt_Engineering_for_ImageNet.ipynb</c>.
    /// </summary>
    public static ImmutableArray<string> ImageNet7 { get; } = Read("imagenet-7.txt");

    /// <summary>
    /// The 80 templates of the paper's ImageNet figures. Source: openai/CLIP, <c>notebooks/Prompt_Engineering_for_ImageNet.ipynb</c>.
    /// </summary>
    public static ImmutableArray<string> ImageNet80 { get; } = Read("imagenet-80.txt");

    /// <summary>The 18 templates of the paper's CIFAR-10 and CIFAR-100 figures. Source: openai/CLIP, <c>data/prompts.md</c>.</summary>
    public static ImmutableArray<string> Cifar18 { get; } = Read("cifar-18.txt");

    /// <summary>Puts a class name into a template.</summary>
    /// <param name="template">A text with one <c>{}</c>, or more.</param>
    /// <param name="label">The class name, as it should be read: <c>golden retriever</c>, not <c>n02099601</c>.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The template has no <c>{}</c>.</exception>
    public static string Fill(string template, string label)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(label);
        if (!template.Contains(Placeholder, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The prompt template \"{template}\" has no {Placeholder} where the class name goes, as in \"a photo of a {Placeholder}.\".", nameof(template));
        }
        return template.Replace(Placeholder, label, StringComparison.Ordinal);
    }

    private static ImmutableArray<string> Read(string file)
    {
        using var stream = typeof(ClipPrompts).Assembly.GetManifestResourceStream($"Prompts/{file}")!;
        using var reader = new StreamReader(stream);
        var templates = ImmutableArray.CreateBuilder<string>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
            {
                templates.Add(line);
            }
        }
        return templates.ToImmutable();
    }
}
