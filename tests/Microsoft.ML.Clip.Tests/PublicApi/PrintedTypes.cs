using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What public types print: nobody wants to read <c>System.Collections.Generic.List`1[System.Single]</c> where numbers are.</summary>
internal static class PrintedTypes
{
    /// <summary>The types whose text has the name of a list's or a function's class in it, with that text.</summary>
    public static IEnumerable<string> NamingClasses(Assembly library)
    {
        foreach (var type in library.GetExportedTypes().Where(IsRecord))
        {
            string text = Filled(type).ToString()!;
            if (text.Contains('`', StringComparison.Ordinal) || text.Contains("System.", StringComparison.Ordinal))
            {
                yield return $"{type.FullName}: {text}";
            }
        }
    }

    /// <summary>A record with what a caller may put there, as full as may be.</summary>
    private static object Filled(Type type)
    {
        object value = RuntimeHelpers.GetUninitializedObject(type);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.SetMethod is not null && Fill(property.PropertyType) is { } content)
            {
                property.SetValue(value, content);
            }
        }
        return value;
    }

    private static bool IsRecord(Type type) =>
        type.GetMethod("PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly) is not null && !type.IsAbstract;

    private static object? Fill(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            var invoke = type.GetMethod("Invoke")!;
            var parameters = invoke.GetParameters().Select(p => System.Linq.Expressions.Expression.Parameter(p.ParameterType)).ToArray();
            return System.Linq.Expressions.Expression.Lambda(type, System.Linq.Expressions.Expression.Default(invoke.ReturnType), parameters).Compile();
        }
        if (type == typeof(string))
        {
            return "text";
        }
        if (!type.IsGenericType)
        {
            // Another record of ours is looked at by itself, and as a part of this one.
            return type.IsPrimitive ? Convert.ChangeType(1, type, CultureInfo.InvariantCulture) : IsRecord(type) ? Filled(type) : null;
        }
        var arguments = type.GetGenericArguments();
        if (type.GetGenericTypeDefinition() == typeof(IProgress<>))
        {
            return Activator.CreateInstance(typeof(Progress<>).MakeGenericType(arguments));
        }
        if (arguments.Length == 2 && typeof(Dictionary<,>).MakeGenericType(arguments) is var dictionary && type.IsAssignableFrom(dictionary))
        {
            return Activator.CreateInstance(dictionary);
        }
        if (arguments.Length == 1 && typeof(List<>).MakeGenericType(arguments) is var list && type.IsAssignableFrom(list))
        {
            var filled = (IList)Activator.CreateInstance(list)!;
            filled.Add(arguments[0].IsValueType ? Activator.CreateInstance(arguments[0]) : Fill(arguments[0]));
            return filled;
        }
        return null;
    }
}
