using System.Reflection;
using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// What an assembly names, held against what its project names. A package that comes along with another one comes in the version that the other one asks
/// for, and that is an older one in a project without our central versions: the assembly then looks for a version that is not there, at the first row.
/// </summary>
internal static class DirectReferences
{
    /// <summary>Assemblies that are named by the library but are neither the framework's nor in a package or project that its project refers to.</summary>
    public static IEnumerable<string> Missing(Assembly library)
    {
        // The build lists packages with their assemblies, and what each project and package refers to, beside the tests.
        using var file = JsonDocument.Parse(File.ReadAllText(Path.ChangeExtension(typeof(DirectReferences).Assembly.Location, ".deps.json")));
        var libraries = file.RootElement.GetProperty("targets").EnumerateObject().Single().Value.EnumerateObject()
            .ToDictionary(l => l.Name[..l.Name.IndexOf('/', StringComparison.Ordinal)], l => l.Value);
        var packageOf = libraries.Where(l => l.Value.TryGetProperty("runtime", out _))
            .SelectMany(l => l.Value.GetProperty("runtime").EnumerateObject().Select(r => (Assembly: Path.GetFileNameWithoutExtension(r.Name), Package: l.Key)))
            .ToDictionary(p => p.Assembly, p => p.Package);
        // An assembly may be called otherwise than its project.
        var direct = libraries[packageOf[library.GetName().Name!]].GetProperty("dependencies").EnumerateObject().Select(d => d.Name).ToHashSet();

        return library.GetReferencedAssemblies().Select(a => a.Name!).Where(a => packageOf.TryGetValue(a, out string? package) && !direct.Contains(package));
    }
}
