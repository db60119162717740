using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Several files in one input: a model directory, a zip. Each time one of them is changed, by its own format, or goes missing.</summary>
internal sealed class BundleFormat(Func<string, IFormat?> formatOf) : IFormat
{
    public byte[] Mutate(byte[] input, byte[] donor, Random random)
    {
        var files = Read(input);
        string[] names = [.. files.Keys.Where(n => formatOf(n) is not null).Order(StringComparer.Ordinal)];
        if (names.Length == 0)
        {
            return input;
        }
        for (int changes = 1 + random.Next(2); changes > 0; changes--)
        {
            string name = names[random.Next(names.Length)];
            var others = Read(donor);
            byte[] other = others.GetValueOrDefault(name) ?? others.Values.FirstOrDefault() ?? [];
            switch (random.Next(24))
            {
                case 0: files.Remove(name); break;
                case 1: files[name] = other; break;
                default: files[name] = formatOf(name)!.Mutate(files.GetValueOrDefault(name) ?? other, other, random); break;
            }
        }
        return Write(files);
    }

    /// <summary>For each file: length of the name and name, length of the content and content.</summary>
    public static byte[] Write(IReadOnlyDictionary<string, byte[]> files)
    {
        using var stream = new MemoryStream();
        foreach (var (name, content) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            foreach (byte[] part in (byte[][])[Encoding.UTF8.GetBytes(name), content])
            {
                stream.Write(BitConverter.GetBytes(part.Length));
                stream.Write(part);
            }
        }
        return stream.ToArray();
    }

    public static Dictionary<string, byte[]> Read(ReadOnlySpan<byte> bundle)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        while (bundle.Length >= sizeof(int))
        {
            string name = Encoding.UTF8.GetString(Part(ref bundle));
            files[name] = Part(ref bundle);
        }
        return files;
    }

    private static byte[] Part(ref ReadOnlySpan<byte> bundle)
    {
        int length = bundle.Length < sizeof(int) ? 0 : Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(bundle), 0, bundle.Length - sizeof(int));
        byte[] part = bundle.Slice(Math.Min(sizeof(int), bundle.Length), length).ToArray();
        bundle = bundle[Math.Min(bundle.Length, sizeof(int) + length)..];
        return part;
    }
}
