using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The packed library, used by a project that knows nothing of this repository.</summary>
public sealed class PackageTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    [Fact]
    public void Package_InAConsumerProject_LoadsASavedModel()
    {
        using var directory = new TemporaryDirectory();
        // A version of its own, so that NuGet's cache cannot answer with an older build.
        string version = $"0.0.1-test{DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture)}";
        string packages = directory.Combine("packages");
        string project = Path.Combine(BuildFacts.RepositoryRoot, "src", "Microsoft.ML.Clip");
        Processes.Dotnet(["pack", project, "-o", packages, $"-p:Version={version}", $"-p:BaseOutputPath={directory.Combine("bin")}/", "--nologo", "-v", "q"]);
        Assert.True(File.Exists(Path.Combine(packages, $"Microsoft.ML.Clip.{version}.nupkg")));
        Assert.True(File.Exists(Path.Combine(packages, $"Microsoft.ML.Clip.{version}.snupkg")));

        string consumer = WriteConsumer(directory, packages, version);
        string model = fixture.TemporaryFile("model.zip");
        var transformer = fixture.Create("ZeroShot Path").Fit(fixture.Data);
        fixture.ML.Model.Save(transformer, fixture.Data.Schema, model);
        Processes.Dotnet(["build", consumer, "-o", directory.Combine("out"), "--nologo", "-v", "q"]);
        string output = Processes.Dotnet([directory.Combine("out/Consumer.dll"), model, "Path", "Score", .. fixture.Rows.Select(r => r.Path)]);

        var scores = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' ').Select(v => float.Parse(v, CultureInfo.InvariantCulture)).ToArray());
        Assert.Equal(fixture.Run(transformer, "ZeroShot Path"), scores);
    }

    private static string WriteConsumer(TemporaryDirectory directory, string packages, string version)
    {
        string consumer = Directory.CreateDirectory(directory.Combine("Consumer")).FullName;
        File.Copy(Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.FreshProcess", "Program.cs"), Path.Combine(consumer, "Program.cs"));
        File.WriteAllText(Path.Combine(consumer, "nuget.config"), $"""
            <configuration><packageSources><add key="packed" value="{packages}" /></packageSources></configuration>
            """);
        File.WriteAllText(Path.Combine(consumer, "Consumer.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <WarningsAsErrors>NU1603</WarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Microsoft.ML.Clip" Version="{version}" />
                <PackageReference Include="Microsoft.ML.OnnxRuntime" Version="1.31.1" />
              </ItemGroup>
            </Project>
            """);
        return consumer;
    }
}
