using System.Globalization;
using System.IO.Compression;
using System.Reflection;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Programs in a folder of their own, which know nothing of this repository and its central package versions: one project refers to the library's
/// project, two to its package, packed into a folder, and a file without a project names the library's project. Restored and built together, once for all
/// tests.
/// </summary>
public sealed class OutsideProjects : IDisposable
{
    // What a first program does: one image in, its embedding out.
    private const string Embed = """
        using System.Globalization;
        using Microsoft.ML;
        using Microsoft.ML.Clip;
        using Microsoft.ML.Data;

        var ml = new MLContext();
        using var clip = ClipModel.Load(args[0]);
        var images = ml.Data.LoadFromEnumerable([new { Path = args[1] }]);
        var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Path", clip);
        float[] features = pipeline.Fit(images).Transform(images).GetColumn<float[]>("Features").Single();
        Console.WriteLine(string.Join(' ', features.Select(f => f.ToString("R", CultureInfo.InvariantCulture))));

        """;

    // The application's choice, as in README.
    private const string OnnxRuntime = "1.31.1";

    private readonly TemporaryDirectory _directory = new();

    // A version of its own, so that a failing restore cannot find another build.
    private readonly string _version = $"0.0.1-test{DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture)}";

    public OutsideProjects()
    {
        Packages = _directory.Combine("packages");
        // The library as the tests' build made it.
        Processes.Dotnet(["pack", Library, "--no-build", "-c", Configuration, "-o", Packages, $"-p:PackageVersion={_version}", "--nologo", "-v", "q"]);

        // What the tests' restore has fetched serves here, too; what is new, the packed library, goes with the folder.
        _directory.Write("nuget.config", $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="restored" /></config>
              <fallbackPackageFolders><add key="fetched" value="{BuildFacts.PackageCache}" /></fallbackPackageFolders>
              <packageSources><add key="packed" value="packages" /></packageSources>
            </configuration>
            """);
        string package = $"""<PackageReference Include="Microsoft.ML.Clip" Version="{_version}" />""";
        Write("ByProject", Embed, $"""<ProjectReference Include="{Library}" />""");
        Write("ByPackage", Embed, package);
        Write("Fresh", File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.FreshProcess", "Program.cs")), package);
        _directory.Write("Outside.slnx", """
            <Solution>
              <Project Path="ByProject/ByProject.csproj" />
              <Project Path="ByPackage/ByPackage.csproj" />
              <Project Path="Fresh/Fresh.csproj" />
            </Solution>
            """);
        Processes.Dotnet(["build", _directory.Combine("Outside.slnx"), "-c", Configuration, "--nologo", "-v", "q"]);
    }

    /// <summary>The folder of the packed library.</summary>
    public string Packages { get; }

    /// <summary>The packed library's file name, without its extension.</summary>
    public string PackageName => $"Microsoft.ML.Clip.{_version}";

    // The tests' own, in which the library is built already.
    private static string Configuration => typeof(OutsideProjects).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private static string Library => Path.Combine(BuildFacts.RepositoryRoot, "src", "Microsoft.ML.Clip", "Microsoft.ML.Clip.csproj");

    /// <summary>Runs a project and returns the vectors that it prints, one a line.</summary>
    public float[][] Run(string project, params IEnumerable<string> arguments) =>
        Processes.Vectors([_directory.Combine($"{project}/bin/{Configuration}/net10.0/{project}.dll"), .. arguments]);

    /// <summary>The text of a file in the packed library.</summary>
    public string ReadFromPackage(string entry)
    {
        using var package = ZipFile.OpenRead(Path.Combine(Packages, PackageName + ".nupkg"));
        using var reader = new StreamReader(package.GetEntry(entry)?.Open() ?? throw new FileNotFoundException($"The package has no {entry}"));
        return reader.ReadToEnd();
    }

    /// <summary>What the build of the project with the package says if a property is set, as far as it goes without compiling.</summary>
    public string BuildMessages(params IEnumerable<string> properties)
    {
        string[] arguments = ["msbuild", _directory.Combine("ByPackage/ByPackage.csproj"), "-t:PrepareForBuild", "-p:MSBuildTreatWarningsAsErrors=false", "--nologo", "-v:minimal"];
        return Processes.Dotnet([.. arguments, .. properties.Select(p => $"-p:{p}")]);
    }

    /// <summary>Runs a file without a project, as <c>dotnet run --file</c> does, and returns the vectors that it prints.</summary>
    public float[][] RunFile(params IEnumerable<string> arguments)
    {
        // ML.NET makes code at run time, which a file-based program by itself rules out.
        string file = _directory.Write("file/Embed.cs", $"""
            #:project {Library}
            #:package Microsoft.ML.OnnxRuntime@{OnnxRuntime}
            #:property PublishAot=false
            {Embed}
            """);
        // On Linux the build goes into this folder, so that nothing stays behind.
        var environment = new Dictionary<string, string?> { ["XDG_DATA_HOME"] = Directory.CreateDirectory(_directory.Combine("file/data")).FullName };
        return Processes.Vectors(["run", "--file", file, "-c", Configuration, "--", .. arguments], environment);
    }

    public void Dispose() => _directory.Dispose();

    private void Write(string name, string program, string reference)
    {
        _directory.Write($"{name}/Program.cs", program);
        // Warnings are errors here, too: MSB3277 is how the build speaks of assemblies that will not be found, NU1603 of packages that are others than named.
        _directory.Write($"{name}/{name}.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <MSBuildTreatWarningsAsErrors>true</MSBuildTreatWarningsAsErrors>
                <WarningsNotAsErrors>NU1900</WarningsNotAsErrors>
              </PropertyGroup>
              <ItemGroup>
                {reference}
                <PackageReference Include="Microsoft.ML.OnnxRuntime" Version="{OnnxRuntime}" />
              </ItemGroup>
            </Project>
            """);
    }
}
