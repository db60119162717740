using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Writes down what an assembly offers, one line a member, in C#: with parameter names and defaults, nullability, init and required, static,
/// interfaces. What the
/// compiler adds to records is left out, since "record" says it.
/// </summary>
internal sealed partial class PublicApiText
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    private readonly NullabilityInfoContext _nullability = new();

    public static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        var writer = new PublicApiText();
        foreach (var type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(Header(type)).Append('\n');
            foreach (string member in writer.Members(type).Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }
        }
        return text.ToString();
    }

    private static string Header(Type type)
    {
        bool isRecord = type.GetMethod("<Clone>$", Declared) is not null || (type.IsValueType && type.GetMethod("PrintMembers", Declared) is not null);
        string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsSubclassOf(typeof(MulticastDelegate)) ? "delegate"
            : type.IsValueType ? isRecord ? "record struct" : "struct" : isRecord ? "record" : "class";
        string modifiers = type.IsEnum || type.IsInterface ? "" : type.IsValueType ? type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : ""
            : type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "";
        var parent = type.IsValueType || type.BaseType == typeof(object) ? null : type.BaseType;
        var interfaces = type.IsEnum ? [] : type.GetInterfaces().Except(parent?.GetInterfaces() ?? [])
            .Where(i => i.IsVisible && !(isRecord && i.Name.StartsWith("IEquatable", StringComparison.Ordinal)));
        string[] bases = [.. new[] { parent }.OfType<Type>().Concat(interfaces).Select(t => Name(t)).Order(StringComparer.Ordinal)];
        return $"{modifiers}{kind} {Name(type, full: true)}{(bases.Length == 0 ? "" : " : " + string.Join(", ", bases))}";
    }

    private IEnumerable<string> Members(Type type)
    {
        foreach (var member in type.GetMembers(Declared).Where(m => !m.IsDefined(typeof(CompilerGeneratedAttribute)) && m is not Type))
        {
            string? line = member switch
            {
                FieldInfo { IsSpecialName: false } field when IsOffered(field.Attributes & FieldAttributes.FieldAccessMask) =>
                    $"{(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{Typed(field.FieldType, _nullability.Create(field))} {field.Name}{(field.IsLiteral ? " = " + Value(field.GetRawConstantValue()) : "")}",
                PropertyInfo property when property.GetAccessors(nonPublic: true).Any(IsOffered) => Property(property),
                EventInfo { AddMethod: { } add } @event when IsOffered(add) => $"event {Typed(@event.EventHandlerType!, _nullability.Create(@event))} {@event.Name}",
                ConstructorInfo { IsStatic: false } constructor when IsOffered(constructor) => $"{Access(constructor)}new({Parameters(constructor)})",
                MethodInfo method when IsOffered(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal))
                    && !IsOfRecords(method) =>
                    $"{Access(method)}{Modifiers(method)}{Typed(method.ReturnType, _nullability.Create(method.ReturnParameter))} {method.Name}{Generics(method)}({Extension(method)}{Parameters(method)})",
                _ => null,
            };
            if (line is not null)
            {
                yield return line;
            }
        }
    }

    private string Property(PropertyInfo property)
    {
        var any = property.GetAccessors(nonPublic: true)[0];
        string setter = property.SetMethod is not { } set || !IsOffered(set) ? ""
            : set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;" : " set;";
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{Access(any)}{required}{Modifiers(any)}{Typed(property.PropertyType, _nullability.Create(property))} {property.Name} {{{(property.GetMethod is { } get && IsOffered(get) ? " get;" : "")}{setter} }}";
    }

    // What the compiler writes for a record, or nobody calls by name.
    private static bool IsOfRecords(MethodInfo method) => method.Name is "<Clone>$" or "PrintMembers" or "GetHashCode" or "Equals" or "op_Equality" or "op_Inequality";

    private static bool IsOffered(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsOffered(FieldAttributes access) => access is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem;

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodBase method) => method.IsStatic ? "static " : method.DeclaringType!.IsInterface ? ""
        : method is MethodInfo { IsVirtual: true, IsFinal: false } m ? m.GetBaseDefinition() != m ? "override " : m.IsAbstract ? "abstract " : method.DeclaringType.IsSealed
            ? "" : "virtual " : "";

    private static string Extension(MethodInfo method) => method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";

    private static string Generics(MethodInfo method) =>
        method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";

    private string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
        $"{(p.IsOut ? "out " : p.IsIn ? "in " : p.ParameterType.IsByRef ? "ref " : p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")}"
        + $"{Typed(p.ParameterType, _nullability.Create(p))} {p.Name}{(p.HasDefaultValue ? " = " + Default(p) : "")}"));

    private static string Default(ParameterInfo parameter) =>
        parameter.RawDefaultValue is null ? parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null ? "default" : "null"
        : parameter.ParameterType.IsEnum ? $"{parameter.ParameterType.Name}.{Enum.ToObject(parameter.ParameterType, parameter.RawDefaultValue)}" : Value(parameter.RawDefaultValue);

    private static string Value(object? value) => value switch
    {
        string text => $"\"{text}\"",
        bool b => b ? "true" : "false",
        null => "null",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Typed(Type type, NullabilityInfo info)
    {
        if (type.IsByRef)
        {
            return Typed(type.GetElementType()!, info);
        }
        string name;
        if (type.IsArray)
        {
            name = Typed(type.GetElementType()!, info.ElementType!) + "[]";
        }
        else if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }
        else if (type.IsGenericType && info.GenericTypeArguments.Length == type.GetGenericArguments().Length)
        {
            name = $"{Generic().Replace(Prefix(type) + type.Name, "")}<{string.Join(", ", type.GetGenericArguments().Zip(info.GenericTypeArguments, Typed))}>";
        }
        else
        {
            name = Name(type);
        }
        bool isNull = !type.IsValueType && (info.ReadState == NullabilityState.Nullable
            || (info.ReadState == NullabilityState.Unknown && info.WriteState == NullabilityState.Nullable));
        return isNull ? name + "?" : name;
    }

    private static string Name(Type type, bool full = false)
    {
        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }
        string name = (full ? type.Namespace + "." : "") + Prefix(type) + type.Name;
        return type.IsGenericType ? $"{Generic().Replace(name, "")}<{string.Join(", ", type.GetGenericArguments().Select(a => Name(a)))}>"
            : type.IsArray ? Name(type.GetElementType()!) + "[]" : name;
    }

    private static string Prefix(Type type) => type.IsNested && !type.IsGenericParameter ? type.DeclaringType!.Name + "." : "";

    [GeneratedRegex(@"`\d+")]
    private static partial Regex Generic();
}
