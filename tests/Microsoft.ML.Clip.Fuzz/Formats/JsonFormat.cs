using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>JSON by its values: they are exchanged, taken out, doubled, nested and renamed, and now and then bytes are changed as well.</summary>
internal sealed class JsonFormat(params string[] words) : IFormat
{
    private const int MostChanges = 4;

    private static readonly string[] Values =
        ["null", "true", "false", "0", "1", "-1", "1e30", "1e400", "0.5", "-0", "2147483647", "2147483648", "9223372036854775808", "\"\"", "\"left\"", "\"\\ud800\"", "\"\\u0000\"",
            "\"\\\\\"", "[]", "{}", "[[]]", "{\"\":{}}", "16777215", "16777216"];

    private static readonly JsonReaderOptions Rules = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 1000 };

    private readonly ByteFormat _bytes = new(words);
    private readonly string[] _words = [.. words, "", "type", "id", "content"];

    public byte[] Mutate(byte[] input, byte[] donor, Random random)
    {
        byte[] result = input;
        for (int changes = 1 + random.Next(MostChanges); changes > 0; changes--)
        {
            result = Change(result, donor, random);
        }
        return random.Next(6) == 0 ? _bytes.Mutate(result, donor, random) : result;
    }

    private byte[] Change(byte[] input, byte[] donor, Random random)
    {
        var (values, names) = Parts(input);
        if (values.Count == 0)
        {
            return _bytes.Mutate(input, donor, random);
        }
        var (start, end) = Pick(values, random);
        byte[] value = input[start..end];
        switch (random.Next(10))
        {
            case 0 or 1: return Replace(input, start, end, Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]));
            case 2: return Replace(input, start, end, Encoding.UTF8.GetBytes(ByteFormat.Number(random).ToString(CultureInfo.InvariantCulture)));
            case 3: return Replace(input, start, end, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(_words[random.Next(_words.Length)])));
            case 4 or 5:
                var (others, _) = Parts(donor);
                var (otherStart, otherEnd) = others.Count > 0 ? Pick(others, random) : (0, 0);
                return Replace(input, start, end, donor[otherStart..otherEnd]);
            case 6:
                int depth = 1 + (random.Next(8) == 0 ? random.Next(80) : 0);
                bool isArray = random.Next(2) == 0;
                string head = isArray ? "[" : $"{{\"{_words[random.Next(_words.Length)]}\":", tail = isArray ? "]" : "}";
                return Replace(input, start, end, [.. Repeat(head, depth), .. value, .. Repeat(tail, depth)]);
            case 7 when names.Count > 0:
                var (nameStart, nameEnd) = Pick(names, random);
                string name = random.Next(2) == 0 ? JsonSerializer.Serialize(_words[random.Next(_words.Length)])
                    : Encoding.UTF8.GetString(Text(input, Pick(names, random)));
                return Replace(input, nameStart, nameEnd, Encoding.UTF8.GetBytes(name));
            case 8:
                // With what separates it from the next, if there is one.
                int rest = end;
                while (rest < input.Length && (input[rest] is (byte)' ' or (byte)'\n' or (byte)','))
                {
                    rest++;
                }
                var property = names.FindLast(n => n.End <= start);
                return Replace(input, property.End > 0 && IsColon(input.AsSpan(property.End, start - property.End)) ? property.Start : start, rest, []);
            default: return Replace(input, end, end, [(byte)',', .. value]);
        }
    }

    private static (int Start, int End) Pick(List<(int Start, int End)> parts, Random random) => parts[random.Next(parts.Count)];

    private static byte[] Text(byte[] input, (int Start, int End) part) => input[part.Start..part.End];

    private static bool IsColon(ReadOnlySpan<byte> between) => between.Trim(" \n\r\t"u8).SequenceEqual(":"u8);

    private static byte[] Repeat(string text, int count) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text, count)));

    private static byte[] Replace(byte[] input, int start, int end, byte[] with) => [.. input[..start], .. with, .. input[end..]];

    /// <summary>Where values and names stand, as far as the text can be read.</summary>
    private static (List<(int Start, int End)> Values, List<(int Start, int End)> Names) Parts(byte[] input)
    {
        List<(int Start, int End)> values = [], names = [];
        var open = new Stack<int>();
        try
        {
            var reader = new Utf8JsonReader(input, Rules);
            while (reader.Read())
            {
                int start = (int)reader.TokenStartIndex, end = (int)reader.BytesConsumed;
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartArray or JsonTokenType.StartObject: open.Push(start); break;
                    case JsonTokenType.EndArray or JsonTokenType.EndObject: values.Add((open.Pop(), end)); break;
                    case JsonTokenType.PropertyName: names.Add((start, start + reader.ValueSpan.Length + 2)); break;
                    default: values.Add((start, end)); break;
                }
            }
        }
        catch (JsonException)
        {
        }
        return (values, names);
    }
}
