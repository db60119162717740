namespace Microsoft.ML.Clip.Tests;

/// <summary>A choice that is none, a number cast to an enumeration, is refused by name.</summary>
public sealed class ChoiceTests
{
    /// <summary>Every property that is an enumeration of what a user may set.</summary>
    public static TheoryData<string, string> Choices
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var type in (Type[])[typeof(ClipContrastiveTrainer.Options), typeof(ClipArchitecture), typeof(ClipOnnxExportOptions)])
            {
                foreach (var property in type.GetProperties().Where(p => p.PropertyType.IsEnum && p.CanWrite))
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
        var options = typeof(ClipArchitecture).Assembly.GetType(type)!;
        object value = options == typeof(ClipArchitecture) ? ClipArchitecture.Tiny with { } : Activator.CreateInstance(options)!;
        var property = options.GetProperty(name)!;
        property.SetValue(value, Enum.ToObject(property.PropertyType, 9));

        var error = Assert.ThrowsAny<ArgumentException>(() => Use(value));

        Assert.StartsWith($"{name} is 9; expected ", error.Message, StringComparison.Ordinal);
    }

    private static void Use(object options)
    {
        switch (options)
        {
            case ClipContrastiveTrainer.Options o: _ = new ClipContrastiveTrainer("Image", "Captions", o); break;
            case ClipArchitecture a: a.Validate(); break;
            default: ((ClipOnnxExportOptions)options).Validate(); break;
        }
    }
}
