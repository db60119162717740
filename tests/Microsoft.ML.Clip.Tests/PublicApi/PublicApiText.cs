using System.Reflection;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Writes down what an assembly offers, one line a member.</summary>
internal static class PublicApiText
{
    public static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : type.IsAbstract && type.IsSealed ? "static class" : type.IsAbstract ? "abstract class" : "class";
            text.Append($"{kind} {type.FullName}{(type.BaseType is { } b && b != typeof(object) && !type.IsValueType ? $" : {b}" : "")}\n");
            const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
            var members = type.GetMembers(Declared).Where(m => m is not MethodInfo { IsSpecialName: true } && m is not Type && m.Name != "value__");
            foreach (string member in members.Select(m => m is PropertyInfo p ? $"{p} {{{(p.GetMethod?.IsPublic == true ? " get;" : "")}{(p.SetMethod?.IsPublic == true ? " set;" : "")} }}" : m.ToString()!).Order(StringComparer.Ordinal))
            {
                text.Append($"    {member}\n");
            }
        }
        return text.ToString();
    }
}
