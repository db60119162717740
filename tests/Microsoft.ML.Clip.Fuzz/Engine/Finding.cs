using System.Security.Cryptography;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>An input that a reader did not stand, as a file, with what happened beside it.</summary>
internal static class Finding
{
    public static void Write(RunOptions options, string reader, string message, byte[] input)
    {
        Directory.CreateDirectory(options.Findings);
        string path = Path.Combine(options.Findings, $"{reader}-{Convert.ToHexStringLower(SHA256.HashData(input))[..12]}");
        string text = $"Reader {reader}, seed {options.Seed}, {input.Length} bytes. {message}\n"
            + $"Again: dotnet run -c Release --project tests/Microsoft.ML.Clip.Fuzz -- --reader {reader} --reproduce {path}\n";
        File.WriteAllBytes(path, input);
        File.WriteAllText(path + ".txt", text);
        Console.Error.WriteLine(text);
    }
}
