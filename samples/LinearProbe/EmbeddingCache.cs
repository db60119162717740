using System.Security.Cryptography;
using System.Text;
using Microsoft.ML;

namespace LinearProbe;

/// <summary>Features of images, computed once: a file in the temporary folder per model, kind of feature and list of images.</summary>
internal static class EmbeddingCache
{
    /// <summary>The photographs with a column of features.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="photographs">The images.</param>
    /// <param name="embed">Computes the features.</param>
    /// <param name="key">What else the features depend on.</param>
    public static IDataView Get(MLContext ml, IDataView photographs, ITransformer embed, string key)
    {
        string[] paths = [.. ml.Data.CreateEnumerable<Photograph>(photographs, reuseRowObject: false).Select(p => $"{p.Path} {new FileInfo(p.Path).Length}")];
        string hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key + "\n" + string.Join('\n', paths))))[..16];
        string file = Path.Combine(Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "clip-features")).FullName, hash + ".idv");
        if (!File.Exists(file))
        {
            using var bar = new ProgressBar("Embedding", paths.Length);
            // The step reads ahead in batches: rows count as they are asked for.
            var counted = ml.Data.LoadFromEnumerable(ml.Data.CreateEnumerable<Photograph>(photographs, reuseRowObject: false).Select(bar.Count));
            using (var stream = File.Create(file + ".part"))
                ml.Data.SaveAsBinary(embed.Transform(counted), stream);
            File.Move(file + ".part", file);
        }
        return ml.Data.LoadFromBinary(file);
    }
}
