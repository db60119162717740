using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace PhotoSearch;

/// <summary>
/// What is known of photographs, in a SQLite file: embeddings, errors, pairs that look alike, and thumbnails. Every method is one transaction, so that a
/// program that is killed has lost what it was about to write and nothing else. Thread-safe.
/// </summary>
internal sealed class PhotoDatabase : IDisposable
{
    // A row with its embedding is more than half of SQLite's usual page of 4 KB; of larger pages less stays empty.
    private const string Schema = """
        PRAGMA page_size = 16384;
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS photographs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            path TEXT NOT NULL UNIQUE,
            length INTEGER NOT NULL,
            written INTEGER NOT NULL,
            error TEXT NOT NULL,
            missing INTEGER NOT NULL DEFAULT 0,    -- since when, in ticks; 0 where it is there
            compared INTEGER NOT NULL DEFAULT 0,   -- whether its pairs are known
            embedding BLOB);                       -- float32, as the machine has them
        CREATE INDEX IF NOT EXISTS not_compared ON photographs (id) WHERE compared = 0;
        CREATE TABLE IF NOT EXISTS pairs (
            first INTEGER NOT NULL REFERENCES photographs ON DELETE CASCADE,
            second INTEGER NOT NULL REFERENCES photographs ON DELETE CASCADE,
            cosine REAL NOT NULL,
            PRIMARY KEY (first, second)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS pairs_by_second ON pairs (second);
        CREATE TABLE IF NOT EXISTS places (
            id INTEGER PRIMARY KEY REFERENCES photographs ON DELETE CASCADE,
            x REAL NOT NULL,
            y REAL NOT NULL,
            part INTEGER NOT NULL);                -- a MapPart
        CREATE TABLE IF NOT EXISTS thumbnails (
            id INTEGER PRIMARY KEY REFERENCES photographs ON DELETE CASCADE,
            written INTEGER NOT NULL,
            jpeg BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS model (hash TEXT NOT NULL);
        """;

    private readonly string _connection;
    // SQLite has one writer at a time: waiting here is shorter than asking it again and again.
    private readonly Lock _writing = new();
    private readonly FileStream _alone;

    /// <summary>Opens a file, or makes it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="model">What identifies the model: embeddings of two models cannot be compared.</param>
    /// <exception cref="IOException">Another program has it open, or it cannot be written.</exception>
    /// <exception cref="InvalidDataException">It holds embeddings of another model.</exception>
    public PhotoDatabase(string file, string model)
    {
        _alone = Lock(file);
        _connection = new SqliteConnectionStringBuilder { DataSource = file, ForeignKeys = true }.ToString();
        try
        {
            if (Prepare(model) is { } other && other != model)
            {
                throw new InvalidDataException($"'{file}' holds embeddings of another model ({other[..12]}, not {model[..12]}): name another folder for the data.");
            }
        }
        catch (SqliteException e)
        {
            Dispose();
            throw new IOException($"'{file}' cannot be used: {e.Message} Name another folder for the data, or delete this one.", e);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _alone.Dispose();
        using var database = new SqliteConnection(_connection);
        SqliteConnection.ClearPool(database);
    }

    /// <summary>All photographs and, of those that could be read and are there, the embeddings.</summary>
    public IEnumerable<(Photo Photo, bool IsMissing, float[]? Embedding)> Read()
    {
        using var database = Open();
        using var select = database.Command("SELECT id, path, length, written, error, missing, CASE missing WHEN 0 THEN embedding END FROM photographs");
        using var reader = select.ExecuteReader();
        while (reader.Read())
        {
            var file = new PhotoFile(reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3));
            yield return (new(reader.GetInt64(0), file, reader.GetString(4)), reader.GetInt64(5) != 0, reader.IsDBNull(6) ? null : Floats(reader, 6));
        }
    }

    /// <summary>The embedding of a photograph, or null where there is none.</summary>
    public float[]? Embedding(long id)
    {
        using var database = Open();
        using var select = database.Command("SELECT embedding FROM photographs WHERE id = $id AND embedding IS NOT NULL", ("$id", id));
        using var reader = select.ExecuteReader();
        return reader.Read() ? Floats(reader, 0) : null;
    }

    /// <summary>Files that are there and could not be read.</summary>
    public IReadOnlyList<Photo> Unreadable(int most)
    {
        using var database = Open();
        using var select = database.Command("SELECT id, path, length, written, error FROM photographs WHERE error <> '' AND missing = 0 ORDER BY path LIMIT $most", ("$most", most));
        using var reader = select.ExecuteReader();
        var photos = new List<Photo>();
        while (reader.Read())
        {
            photos.Add(new(reader.GetInt64(0), new(reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3)), reader.GetString(4)));
        }
        return photos;
    }

    /// <summary>Keeps what was found of files; a photograph whose file changed keeps its number.</summary>
    public IReadOnlyList<Photo> Save(IReadOnlyList<(PhotoFile File, float[] Embedding, string Error)> found) => Write(database =>
    {
        using var upsert = database.Command("""
            INSERT INTO photographs (path, length, written, error, embedding) VALUES ($path, $length, $written, $error, $embedding)
            ON CONFLICT (path) DO UPDATE SET length = excluded.length, written = excluded.written, error = excluded.error, embedding = excluded.embedding,
                missing = 0, compared = 0
            RETURNING id
            """);
        using var forget = database.Command("DELETE FROM pairs WHERE first = $id OR second = $id; DELETE FROM places WHERE id = $id; DELETE FROM thumbnails WHERE id = $id");
        var saved = new List<Photo>(found.Count);
        foreach (var (file, embedding, error) in found)
        {
            upsert.Set(("$path", file.Path), ("$length", file.Length), ("$written", file.Written), ("$error", error),
                ("$embedding", error.Length > 0 ? DBNull.Value : MemoryMarshal.AsBytes(embedding.AsSpan()).ToArray()));
            long id = (long)upsert.ExecuteScalar()!;
            forget.Set(("$id", id));
            forget.ExecuteNonQuery();
            saved.Add(new(id, file, error));
        }
        return saved;
    });

    /// <summary>Notes that files are gone, or that they are back.</summary>
    public void SetMissing(IEnumerable<long> ids, bool isMissing) => Write(database =>
    {
        using var update = database.Command("UPDATE photographs SET missing = $missing WHERE id = $id");
        foreach (long id in ids)
        {
            update.Set(("$id", id), ("$missing", isMissing ? DateTime.UtcNow.Ticks : 0L));
            update.ExecuteNonQuery();
        }
        return true;
    });

    /// <summary>Forgets files that have been gone for long.</summary>
    public void Purge(TimeSpan longerThan) => Write(database =>
    {
        using var delete = database.Command("DELETE FROM photographs WHERE missing BETWEEN 1 AND $before", ("$before", (DateTime.UtcNow - longerThan).Ticks));
        return delete.ExecuteNonQuery();
    });

    /// <summary>Some photographs whose pairs are not known yet.</summary>
    public IReadOnlyList<(long Id, float[] Embedding)> NotCompared(int most)
    {
        using var database = Open();
        using var select = database.Command(
            "SELECT id, embedding FROM photographs WHERE compared = 0 AND missing = 0 AND embedding IS NOT NULL LIMIT $most", ("$most", most));
        using var reader = select.ExecuteReader();
        var rows = new List<(long, float[])>();
        while (reader.Read())
        {
            rows.Add((reader.GetInt64(0), Floats(reader, 1)));
        }
        return rows;
    }

    /// <summary>How many photographs there are whose pairs are not known yet.</summary>
    public int CountNotCompared()
    {
        using var database = Open();
        using var count = database.Command("SELECT COUNT(*) FROM photographs WHERE compared = 0 AND missing = 0 AND embedding IS NOT NULL");
        return (int)(long)count.ExecuteScalar()!;
    }

    /// <summary>Keeps the pairs of some photographs, which are compared now.</summary>
    public void SavePairs(IEnumerable<long> compared, IEnumerable<PhotoPair> pairs) => Write(database =>
    {
        using var insert = database.Command("INSERT OR IGNORE INTO pairs VALUES ($first, $second, $cosine)");
        foreach (var pair in pairs)
        {
            insert.Set(("$first", pair.First), ("$second", pair.Second), ("$cosine", (double)pair.Cosine));
            insert.ExecuteNonQuery();
        }
        using var update = database.Command("UPDATE photographs SET compared = 1 WHERE id = $id");
        foreach (long id in compared)
        {
            update.Set(("$id", id));
            update.ExecuteNonQuery();
        }
        return true;
    });

    /// <summary>The pairs that look as alike as asked for, or more.</summary>
    public IReadOnlyList<PhotoPair> Pairs(float least, int most)
    {
        using var database = Open();
        using var select = database.Command("SELECT first, second, cosine FROM pairs WHERE cosine >= $least ORDER BY cosine DESC LIMIT $most",
            ("$least", (double)least), ("$most", most));
        using var reader = select.ExecuteReader();
        var pairs = new List<PhotoPair>();
        while (reader.Read())
        {
            pairs.Add(new(reader.GetInt64(0), reader.GetInt64(1), reader.GetFloat(2)));
        }
        return pairs;
    }

    /// <summary>Where the photographs that are there stand on the map, as far as they do.</summary>
    public IReadOnlyList<MapPlace> Places()
    {
        using var database = Open();
        using var select = database.Command("SELECT id, x, y, part FROM places JOIN photographs USING (id) WHERE missing = 0");
        using var reader = select.ExecuteReader();
        var places = new List<MapPlace>();
        while (reader.Read())
        {
            places.Add(new(reader.GetInt64(0), new(reader.GetFloat(1), reader.GetFloat(2)), (MapPart)reader.GetInt32(3)));
        }
        return places;
    }

    /// <summary>How many came onto the map in one of two ways, those that are gone meanwhile included.</summary>
    public int CountPlaces(MapPart one, MapPart other)
    {
        using var database = Open();
        using var count = database.Command("SELECT COUNT(*) FROM places WHERE part IN ($one, $other)", ("$one", (int)one), ("$other", (int)other));
        return (int)(long)count.ExecuteScalar()!;
    }

    /// <summary>Keeps where photographs stand on the map.</summary>
    /// <param name="places">The places.</param>
    /// <param name="isWhole">Whether they are another map, in the place of the one that was.</param>
    public void SavePlaces(IEnumerable<MapPlace> places, bool isWhole) => Write(database =>
    {
        if (isWhole)
        {
            database.Run("DELETE FROM places");
        }
        using var insert = database.Command("INSERT OR REPLACE INTO places VALUES ($id, $x, $y, $part)");
        foreach (var place in places)
        {
            insert.Set(("$id", place.Photo), ("$x", (double)place.Point.X), ("$y", (double)place.Point.Y), ("$part", (int)place.Part));
            insert.ExecuteNonQuery();
        }
        return true;
    });

    /// <summary>The thumbnail of a file as it is now, or null where none is kept.</summary>
    public byte[]? Thumbnail(Photo photo)
    {
        using var database = Open();
        using var select = database.Command("SELECT jpeg FROM thumbnails WHERE id = $id AND written = $written", ("$id", photo.Id), ("$written", photo.File.Written));
        return select.ExecuteScalar() as byte[];
    }

    public void SaveThumbnail(Photo photo, byte[] jpeg) => Write(database =>
    {
        // Of a photograph that is gone meanwhile there is nothing to keep.
        using var insert = database.Command("INSERT OR REPLACE INTO thumbnails SELECT id, $written, $jpeg FROM photographs WHERE id = $id",
            ("$id", photo.Id), ("$written", photo.File.Written), ("$jpeg", jpeg));
        return insert.ExecuteNonQuery();
    });

    private static float[] Floats(SqliteDataReader reader, int column) =>
        MemoryMarshal.Cast<byte, float>(reader.GetFieldValue<byte[]>(column)).ToArray();

    // Two programs on one file would each know half of what is new.
    private static FileStream Lock(string file)
    {
        try
        {
            return new FileStream($"{file}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e)
        {
            throw new IOException($"'{file}' is in use: the program runs already. ({e.Message})", e);
        }
    }

    // Makes what is not there yet; gives the model whose embeddings these are.
    private string? Prepare(string model)
    {
        using var database = Open();
        database.Run(Schema);
        using var insert = database.Command("INSERT INTO model SELECT $hash WHERE NOT EXISTS (SELECT 1 FROM model)", ("$hash", model));
        insert.ExecuteNonQuery();
        using var select = database.Command("SELECT hash FROM model");
        return select.ExecuteScalar() as string;
    }

    private SqliteConnection Open()
    {
        // Connections are pooled, so that this costs microseconds.
        var database = new SqliteConnection(_connection);
        database.Open();
        database.Run("PRAGMA synchronous = NORMAL");
        return database;
    }

    private T Write<T>(Func<SqliteConnection, T> work)
    {
        lock (_writing)
        {
            using var database = Open();
            using var transaction = database.BeginTransaction();
            var result = work(database);
            transaction.Commit();
            return result;
        }
    }
}
