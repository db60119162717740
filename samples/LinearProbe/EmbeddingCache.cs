using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;

namespace LinearProbe;

/// <summary>
/// Features of images, computed once: a file of floats in the temporary folder per model, kind of feature and list of images. A file that changed, of the model
/// or of the images, makes a new one.
/// </summary>
/// <param name="ml">The context.</param>
/// <param name="embed">Computes the features.</param>
/// <param name="modelDirectory">The model's files.</param>
/// <param name="features">Which features it computes.</param>
internal sealed class EmbeddingCache(MLContext ml, ITransformer embed, string modelDirectory, ClipFeatures features)
{
    private readonly string _key = $"{features}\n{Listing(Directory.GetFiles(modelDirectory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))}";

    /// <summary>The photographs with a column of features.</summary>
    /// <param name="photographs">The images.</param>
    public IDataView Get(IDataView photographs)
    {
        Photograph[] rows = [.. ml.Data.CreateEnumerable<Photograph>(photographs, reuseRowObject: false)];
        string hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{_key}\n{Listing(rows.Select(p => p.Path))}")))[..16];
        string file = Path.Combine(Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "clip-features")).FullName, hash + ".f32");
        if (!File.Exists(file))
        {
            Compute(embed.Transform(ml.Data.LoadFromEnumerable(rows)), file, rows.Length);
        }

        float[] features = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(file)).ToArray();
        int dimension = features.Length / rows.Length;
        var schema = SchemaDefinition.Create(typeof(EmbeddedPhotograph));
        schema[nameof(EmbeddedPhotograph.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, dimension);
        return ml.Data.LoadFromEnumerable(rows.Select((row, i) => new EmbeddedPhotograph
        {
            Path = row.Path,
            Class = row.Class,
            Features = features[(i * dimension)..((i + 1) * dimension)],
        }).ToArray(), schema);
    }

    // Path, length and time of writing: enough to notice another file in its place, without reading all of it.
    private static string Listing(IEnumerable<string> paths) =>
        string.Join('\n', paths.Select(p => new FileInfo(p)).Select(f => $"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}"));

    private static void Compute(IDataView embedded, string file, int total)
    {
        using var bar = new ProgressBar("Embedding", total);
        // A cache that was cut off must not look complete.
        using (var stream = File.Create(file + ".part"))
        {
            foreach (float[] row in embedded.GetColumn<float[]>("Features"))
            {
                stream.Write(MemoryMarshal.AsBytes(row.AsSpan()));
                bar.Advance();
            }
        }
        File.Move(file + ".part", file);
    }
}
