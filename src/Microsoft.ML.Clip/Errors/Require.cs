using System.Runtime.CompilerServices;

namespace Microsoft.ML.Clip;

/// <summary>Guards that the base library lacks.</summary>
internal static class Require
{
    /// <summary>Throws if a list is null or holds null; the message gives the index.</summary>
    public static void NoNulls<T>(IReadOnlyList<T> items, [CallerArgumentExpression(nameof(items))] string? name = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(items, name);
        for (int i = 0; i < items.Count; i++)
        {
            if (items[i] is null)
            {
                throw new ArgumentException($"{name}[{i}] is null.", name);
            }
        }
    }

    /// <summary>Throws if a number that somebody chose is out of its range; null is no choice.</summary>
    public static void Range(long? found, long least, long most, string name)
    {
        if (found < least || found > most)
        {
            throw new ArgumentOutOfRangeException(name, FormattableString.Invariant($"{name} is {found:N0}; expected {least:N0} to {most:N0}."));
        }
    }

    /// <summary>Throws if a choice is none that there is: a number that was cast, or read from somewhere.</summary>
    public static void Defined<T>(T? found, string name)
        where T : struct, Enum
    {
        if (found is { } value && !Enum.IsDefined(value))
        {
            throw new ArgumentOutOfRangeException(name, $"{name} is {value}; expected {string.Join(" or ", Enum.GetNames<T>())}.");
        }
    }

    /// <summary>Throws if a buffer has not exactly the size that the shape asks for.</summary>
    public static void Length(int actual, long expected, string name)
    {
        if (actual != expected)
        {
            throw new ArgumentException($"The buffer must hold {expected:N0} values; it holds {actual:N0}.", name);
        }
    }
}
