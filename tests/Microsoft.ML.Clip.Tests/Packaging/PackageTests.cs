using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The library as others consume it: by its package, and by a reference to its project from a folder outside this repository.</summary>
public sealed class PackageTests(StepFixture fixture, OutsideProjects outside) : IClassFixture<StepFixture>, IClassFixture<OutsideProjects>
{
    private static readonly string Model = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    private static readonly string Image = Path.Combine(BuildFacts.RepositoryRoot, "samples", "images", "cat.png");

    [Theory]
    [InlineData("ByProject")]
    [InlineData("ByPackage")]
    public void Library_InAProjectOutside_EmbedsAnImage(string project) => Assert.Equal(Expected(), outside.Run(project, Model, Image));

    [Fact]
    public void Library_InAFileWithoutAProject_EmbedsAnImage() => Assert.Equal(Expected(), outside.RunFile(Model, Image));

    [Fact]
    public void Package_InAProjectOutside_LoadsASavedModel()
    {
        string model = fixture.TemporaryFile("model.zip");
        var transformer = fixture.Create("ZeroShot Path").Fit(fixture.Data);
        fixture.ML.Model.Save(transformer, fixture.Data.Schema, model);

        float[][] there = outside.Run("Fresh", [model, "Path", "Score", .. fixture.Rows.Select(r => r.Path)]);

        Assert.Equal(fixture.Run(transformer, "ZeroShot Path"), there);
    }

    [Theory]
    [InlineData(".nupkg")]
    [InlineData(".snupkg")]
    public void Pack_TheLibrary_WritesPackageAndSymbols(string extension) =>
        Assert.True(File.Exists(Path.Combine(outside.Packages, outside.PackageName + extension)));

    [Theory]
    [InlineData("PublishAot=true", "Set PublishAot to false")]
    [InlineData("PublishTrimmed=true", "Set PublishTrimmed to false")]
    // As the SDK builds a program of one file.
    [InlineData("PublishAot=true;FileBasedProgram=true", "Add the line '#:property PublishAot=false' to the top of the file")]
    public void Package_InATrimmedProgram_WarnsOnce(string properties, string remedy)
    {
        string said = outside.BuildMessages(properties.Split(';'));

        Assert.Single(Regex.Matches(said, "warning CLIP0001: .*"));
        Assert.Contains(remedy, said, StringComparison.Ordinal);
        Assert.DoesNotContain("CLIP0001", outside.BuildMessages([.. properties.Split(';'), "NoWarn=CLIP0001"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PublishAot=false")]
    [InlineData("PublishSingleFile=true")]
    public void Package_InOtherPrograms_IsSilent(string property) => Assert.DoesNotContain("CLIP0001", outside.BuildMessages(property), StringComparison.Ordinal);

    [Fact]
    public void Package_Documentation_IsThatOfWhatIsPublic()
    {
        var library = typeof(ClipModel).Assembly;
        string[] all = [.. Documented(File.ReadAllText(Path.ChangeExtension(library.Location, ".xml")))];
        string[] packed = [.. Documented(outside.ReadFromPackage("lib/net10.0/Microsoft.ML.Clip.xml"))];
        // By name, without parameters: an overload that is not public may have the name of one that is.
        string[] open = [.. library.GetExportedTypes().SelectMany(type => type.GetMembers(Declared).Where(IsOpen).Select(m => $"{Id(type)}.{m.Name.Replace('.', '#')}").Append(Id(type)))];

        Assert.Equal(all.Where(id => open.Contains(id)).Distinct().Order(StringComparer.Ordinal), packed.Distinct().Order(StringComparer.Ordinal));
        Assert.InRange(packed.Length, 200, all.Length / 2);
    }

    [Fact]
    public void Package_DocumentsThatPublicMembersReferTo_AreInIt()
    {
        string[] named = [.. Regex.Matches(outside.ReadFromPackage("lib/net10.0/Microsoft.ML.Clip.xml"), @"docs/[\w/-]+\.md").Select(m => m.Value).Distinct()];

        Assert.NotEmpty(named);
        Assert.All(named, document => Assert.NotEmpty(outside.ReadFromPackage(document)));
    }

    private static IEnumerable<string> Documented(string xml) =>
        XDocument.Parse(xml).Descendants("member").Select(m => Regex.Replace(m.Attribute("name")!.Value[2..], @"(``\d+)?(\(.*)?(~.*)?$", ""));

    private static string Id(Type type) => type.FullName!.Replace('+', '.');

    private static bool IsOpen(MemberInfo member) => member switch
    {
        MethodBase m => m.IsPublic || m.IsFamily || m.IsFamilyOrAssembly,
        FieldInfo f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly,
        PropertyInfo p => p.GetAccessors(nonPublic: true).Any(IsOpen),
        EventInfo e => IsOpen(e.AddMethod!),
        Type t => t.IsVisible,
        _ => false,
    };

    // The same step in this process.
    private float[][] Expected()
    {
        using var clip = ClipModel.Load(Model);
        var images = fixture.ML.Data.LoadFromEnumerable([new { Path = Image }]);
        return fixture.ML.Transforms.ClipImageEmbedding("Features", "Path", clip).Fit(images).Transform(images).GetColumnOf("Features");
    }
}
