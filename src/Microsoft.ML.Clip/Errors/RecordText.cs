using System.Collections;
using System.Reflection;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// What records print that hold lists or functions. The compiler's own text has the name of the list's class in the place of what is in it; otherwise this is
/// the same: <c>Name = value</c>, in the order of declaration.
/// </summary>
internal static class RecordText
{
    private const int MostElements = 8;

    /// <summary>To be called by a record's <c>PrintMembers</c>, and returns what that has to.</summary>
    public static bool Append(StringBuilder text, object record)
    {
        string[] members = [.. record.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(p => $"{p.Name} = {Of(p, record)}")];
        text.AppendJoin(", ", members);
        return members.Length > 0;
    }

    private static string Of(PropertyInfo property, object record)
    {
        try
        {
            return Of(property.GetValue(record));
        }
        catch (TargetInvocationException)
        {
            // Computed from others that do not go together: who wants to see why must be able to print the rest.
            return "?";
        }
    }

    private static string Of(object? value)
    {
        if (value is null or string)
        {
            return (string?)value ?? "";
        }
        // An ImmutableArray that was never set.
        if (value.GetType().GetProperty("IsDefault")?.GetValue(value) is true)
        {
            return "";
        }
        // Memory's own text is the name of its class.
        if (value.GetType() is { IsGenericType: true } memory && memory.GetGenericTypeDefinition() == typeof(ReadOnlyMemory<>))
        {
            return $"({memory.GetProperty(nameof(ReadOnlyMemory<byte>.Length))!.GetValue(value)} values)";
        }
        if (value is IEnumerable values)
        {
            object?[] elements = [.. values.Cast<object?>()];
            if (elements.FirstOrDefault() is { } first && first.GetType().Name.StartsWith(nameof(KeyValuePair), StringComparison.Ordinal))
            {
                return $"({elements.Length} entries)";
            }
            string more = elements.Length > MostElements ? $", ... ({elements.Length})" : "";
            return $"[{string.Join(", ", elements.Take(MostElements).Select(Of))}{more}]";
        }
        // Functions and others that have nothing to say but their class.
        string said = value.ToString() ?? "";
        return said == value.GetType().ToString() ? $"({value.GetType().Name.Split('`')[0]})" : said;
    }
}
