using System.Reflection;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The public API, written down. A change of it shows in review as a change of <c>Microsoft.ML.Clip.txt</c>; to accept one, run the tests with
/// CLIP_ACCEPT_API=1 in the environment.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly string ListFile = Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Tests", "PublicApi", "Microsoft.ML.Clip.txt");

    [Fact]
    public void PublicApi_IsTheListedOne()
    {
        string actual = Describe(typeof(ClipModel).Assembly);
        if (Environment.GetEnvironmentVariable("CLIP_ACCEPT_API") == "1")
            File.WriteAllText(ListFile, actual);

        Assert.Equal(File.ReadAllText(ListFile), actual);
    }

    private static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : type.IsAbstract && type.IsSealed ? "static class" : type.IsAbstract ? "abstract class" : "class";
            text.Append($"{kind} {type.FullName}{(type.BaseType is { } b && b != typeof(object) && !type.IsValueType ? $" : {b}" : "")}\n");
            const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
            var members = type.GetMembers(Declared).Where(m => m is not MethodInfo { IsSpecialName: true } && m is not Type && m.Name != "value__");
            foreach (string member in members.Select(m => m is PropertyInfo p ? $"{p} {{{(p.GetMethod?.IsPublic == true ? " get;" : "")}{(p.SetMethod?.IsPublic == true ? " set;" : "")} }}" : m.ToString()!).Order(StringComparer.Ordinal))
                text.Append($"    {member}\n");
        }
        return text.ToString();
    }
}
