using System.Reflection;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A choice that is none, a number cast to an enumeration, is refused by name, wherever there is a choice; 9 was taken for one or the other.</summary>
public sealed class ChoiceTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    /// <summary>Every property of an options class that is an enumeration.</summary>
    public static TheoryData<string, string> Choices
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var type in typeof(ClipModel).Assembly.GetExportedTypes().Where(t => t.Name.EndsWith("Options", StringComparison.Ordinal)))
            {
                foreach (var property in type.GetProperties().Where(p => (Nullable.GetUnderlyingType(p.PropertyType) ?? p.PropertyType).IsEnum))
                {
                    data.Add(type.FullName!, property.Name);
                }
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Choices))]
    public void NoSuchChoice_IsRefusedByName(string type, string name)
    {
        object options = Activator.CreateInstance(typeof(ClipModel).Assembly.GetType(type)!)!;
        var property = options.GetType().GetProperty(name, BindingFlags.Public | BindingFlags.Instance)!;
        property.SetValue(options, Enum.ToObject(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, 9));

        var error = Assert.ThrowsAny<ArgumentException>(() => Use(options));

        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Contains('9', error.Message);
    }

    [Fact]
    public void SessionOptions_ThatAreNoneOrDisposed_AreExplained()
    {
        using var disposed = new OnnxRuntime.SessionOptions();
        disposed.Dispose();
        foreach (var made in (OnnxRuntime.SessionOptions?[])[null, disposed])
        {
            using var model = ClipModel.Load(fixture.ModelDirectory, new() { CreateSessionOptions = () => made! });

            var error = Assert.Throws<InvalidOperationException>(() => model.EncodeText("a cat"));

            Assert.StartsWith("CreateSessionOptions gave no session options, or such as are disposed already.", error.Message, StringComparison.Ordinal);
        }
    }

    private void Use(object options)
    {
        var (ml, model) = (fixture.ML, fixture.Model);
        switch (options)
        {
            case ClipModelOptions o: ClipModel.Load(fixture.ModelDirectory, o).Dispose(); break;
            case ClipTokenizerOptions o: ClipTokenizer.Load(fixture.ModelDirectory, o); break;
            case ClipImagePreprocessorOptions o: ClipImagePreprocessor.Create(options: o); break;
            case ClipImageEmbeddingOptions o: ml.Transforms.ClipImageEmbedding("Features", "Path", model, o); break;
            case ClipTextEmbeddingOptions o: ml.Transforms.ClipTextEmbedding("Features", "Text", model, o); break;
            case ClipZeroShotOptions o: ml.Transforms.ClipZeroShotClassification("Path", model, ["cat"], options: o); break;
            case ClipLinearProbeTrainer.Options o: ml.MulticlassClassification.Trainers.ClipLinearProbe(options: o); break;
            case ClipQuantizationOptions o: ClipModel.Quantize(fixture.ModelDirectory, Path.Combine(fixture.ModelDirectory, "none"), o); break;
            case ClipLockedTrainer.Options o: new ClipLockedTrainer(o).Fit(ClipLockedData.OfPairs([[1, 0], [0, 1]], (float[][])[[1, 0], [0, 1]])); break;
            default: throw new NotSupportedException($"This test has to learn what uses {options.GetType()}.");
        }
    }
}
