using System.Reflection;

namespace Deploy.Tests;

/// <summary>A folder of small pictures and what runs scripts of <c>deploy</c> on it, with the built tool and the small model.</summary>
internal sealed class DeployFolder : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public DeployFolder(int pictures) => SmallPictures.Write(Pictures, pictures);

    public static string Tool { get; } =
        $"dotnet {typeof(DeployFolder).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Mlclip").Value!}";

    public string Pictures => _directory.Combine("pictures");

    public string Combine(string relativePath) => _directory.Combine(relativePath);

    /// <summary>The path of something in <c>deploy</c>.</summary>
    public static string Deploy(string relativePath) => Path.Combine(BuildFacts.RepositoryRoot, "deploy", relativePath);

    /// <summary>Whether a program is there.</summary>
    public static bool Has(string program) => !OperatingSystem.IsWindows()
        && Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(d => File.Exists(Path.Combine(d, program)));

    /// <summary>Writes a script that stands in for a program, into a folder that <see cref="Run"/> puts before all others.</summary>
    public void StandIn(string program, string script)
    {
        string path = _directory.Write(Path.Combine("bin", program), $"#!/usr/bin/env bash\n{script}\n".ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Runs a program with the built tool as MLCLIP and the small model, whatever it exits with.</summary>
    public (int Code, string Output, string Error) Run(string program, IEnumerable<string> arguments, params (string Name, string? Value)[] environment)
    {
        var variables = new Dictionary<string, string?>
        {
            ["MLCLIP"] = Tool,
            ["MLCLIP_MODEL"] = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip"),
            ["PATH"] = $"{Combine("bin")}:{Environment.GetEnvironmentVariable("PATH")}",
        };
        foreach (var (name, value) in environment)
        {
            variables[name] = value;
        }
        return Processes.Run(program, arguments, _directory, variables);
    }

    /// <summary>Runs the tool; fails the test if it does not exit with 0.</summary>
    public string Mlclip(params string[] arguments)
    {
        var (code, output, error) = Run("dotnet", [Tool["dotnet ".Length..], .. arguments]);
        Assert.True(code == 0, $"mlclip {string.Join(' ', arguments)}: exit code {code}\n{output}\n{error}");
        return output;
    }

    public void Dispose() => _directory.Dispose();
}
