using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/sqlite-search.md: pictures in a database, found by words and by a picture.</summary>
public sealed class SqliteSearchRecipe : IDisposable
{
    private readonly RecipeFolder _folder = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public void Runs()
    {
        _folder.DrawClasses("pictures", 10, "a", "b");
        foreach (string photograph in (string[])["cat.png", "coffee.png"])
        {
            File.Copy(RecipeFolder.Photograph(photograph), At($"pictures/{photograph}"));
        }
        File.WriteAllText(At("pictures/broken.png"), "no picture");
        using var clip = ClipModel.Load(RecipeFolder.TinyClip);

        // docs/recipes/sqlite-search.md
        using var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = At("pictures.db") }.ToString());
        database.Open();
        Execute(database, "CREATE TABLE IF NOT EXISTS pictures (path TEXT PRIMARY KEY, embedding BLOB NOT NULL)");

        // Index: only what is not there yet; what cannot be read is left out and named.
        var known = Query(database, "SELECT path FROM pictures", row => row.GetString(0)).ToHashSet();
        string[] files = [.. Directory.GetFiles(At("pictures"), "*.png", SearchOption.AllDirectories).Where(path => !known.Contains(path))];
        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(files.Select(path => new { Path = path }));
        var embed = ml.Transforms.ClipImageEmbedding("Embedding", "Path", clip, new() { OnInvalidImage = ClipOnInvalidImage.Missing }).Fit(rows);

        using (var transaction = database.BeginTransaction())
        {
            foreach (var picture in ml.Data.CreateEnumerable<Picture>(embed.Transform(rows), reuseRowObject: false))
            {
                if (float.IsNaN(picture.Embedding[0]))
                {
                    Console.WriteLine($"Cannot be read: {picture.Path}");
                    continue;
                }
                Execute(database, "INSERT INTO pictures VALUES ($path, $embedding)", ("$path", picture.Path),
                    ("$embedding", MemoryMarshal.AsBytes(picture.Embedding.AsSpan()).ToArray()));
            }
            transaction.Commit();
        }
        // end

        string[] paths;
        IReadOnlyList<ClipMatch> byWords, byPicture;
        {
            // docs/recipes/sqlite-search.md
            // Search: all embeddings in one block of memory, 512 values or 2 KB for each picture with ViT-B/32.
            var index = Query(database, "SELECT path, embedding FROM pictures", row => (Path: row.GetString(0), Embedding: row.GetFieldValue<byte[]>(1)));
            float[] embeddings = [.. index.SelectMany(row => MemoryMarshal.Cast<byte, float>(row.Embedding).ToArray())];

            var words = ClipSimilarity.TopK(clip.EncodeText("a photo of a tabby cat."), embeddings, count: 5);
            var likeThis = ClipSimilarity.TopK(clip.EncodeImage(At("pictures/coffee.png")), embeddings, count: 5);
            foreach (var match in words)
            {
                Console.WriteLine($"{match.Cosine:F3} {index[match.Index].Path}");
            }
            // end
            paths = [.. index.Select(row => row.Path)];
            (byWords, byPicture) = (words, likeThis);
        }

        Assert.Equal(22, paths.Length);
        Assert.Equal(At("pictures/cat.png"), paths[byWords[0].Index]);
        Assert.Equal(At("pictures/coffee.png"), paths[byPicture[0].Index]);
        Assert.Equal(1, byPicture[0].Cosine, 1e-4);
        Assert.DoesNotContain(At("pictures/broken.png"), paths);
    }

    private string At(string path) => _folder.At(path);

    // docs/recipes/sqlite-search.md
    internal sealed class Picture
    {
        public string Path { get; set; } = "";
        public float[] Embedding { get; set; } = [];
    }

    internal static void Execute(SqliteConnection database, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }
        command.ExecuteNonQuery();
    }

    internal static List<T> Query<T>(SqliteConnection database, string sql, Func<SqliteDataReader, T> read)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }
        return rows;
    }
    // end
}
