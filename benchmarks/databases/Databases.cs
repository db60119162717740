// Embeddings in two embedded databases, as a photo search uses them: written in small commits, read whole at the start, looked up one at a time.
//
//   dotnet run -c Release --file benchmarks/databases/Databases.cs -- [ROWS] [DIMENSION] [ROUNDS]
//
// Decides docs/adr/0019-photo-search.md.
#:property PublishAot=false
#:package Microsoft.Data.Sqlite
#:package DuckDB.NET.Data.Full

using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using DuckDB.NET.Data;
using Microsoft.Data.Sqlite;

const int Commit = 32, Lookups = 1000;
int rows = Number(0, 10_000), dimension = Number(1, 512), rounds = Number(2, 1);
var random = new Random(1);
float[] values = [.. Enumerable.Range(0, rows * dimension).Select(_ => random.NextSingle() - 0.5f)];

Console.WriteLine($"{rows:N0} rows of {dimension} values, in commits of {Commit}; medians of {rounds} rounds");
Console.WriteLine("| | write, s | file, MB | open and read all, s | look one up, ms |");
Console.WriteLine("|---|---|---|---|---|");
foreach (var (name, candidate) in new (string, ICandidate)[] { ("SQLite", new Sqlite()), ("DuckDB, appender", new DuckDb(true)), ("DuckDB, INSERT", new DuckDb(false)) })
{
    var measured = new List<(double Write, double Size, double Read, double Lookup)>();
    for (int round = 0; round < rounds; round++)
    {
        string folder = Directory.CreateTempSubdirectory("databases-").FullName, file = Path.Combine(folder, "embeddings.db");
        // Writing one row at a time by INSERT takes minutes: a tenth of the rows, times ten.
        int share = name.EndsWith("INSERT", StringComparison.Ordinal) ? 10 : 1;
        double write = Time(() => candidate.Write(file, values.AsSpan(0, rows / share * dimension), dimension, Commit)) * share;
        double size = Directory.GetFiles(folder).Sum(f => new FileInfo(f).Length) / 1e6 * share;
        double sum = 0;
        double read = Time(() => sum = candidate.ReadAll(file)) * share;
        double expected = values.AsSpan(0, rows / share * dimension).ToArray().Sum(v => (double)v);
        if (Math.Abs(sum - expected) > 1e-3)
        {
            throw new InvalidDataException($"{name} gave back other values: their sum is {sum}, and was {expected}.");
        }
        measured.Add((write, size, read, candidate.Lookup(file, rows / share, Lookups)));
        Directory.Delete(folder, recursive: true);
    }
    double Median(Func<(double Write, double Size, double Read, double Lookup), double> of) => measured.Select(of).Order().ElementAt(rounds / 2);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {name} | {Median(m => m.Write):F1} | {Median(m => m.Size):F0} | {Median(m => m.Read):F2} | {Median(m => m.Lookup):F3} |"));
}

int Number(int place, int otherwise) => args.Length > place ? int.Parse(args[place], CultureInfo.InvariantCulture) : otherwise;

static double Time(Action action)
{
    var watch = Stopwatch.StartNew();
    action();
    return watch.Elapsed.TotalSeconds;
}

internal interface ICandidate
{
    void Write(string file, ReadOnlySpan<float> values, int dimension, int commit);

    /// <summary>Reads every value, as a search in memory does when it starts.</summary>
    /// <returns>Their sum.</returns>
    double ReadAll(string file);

    /// <summary>Milliseconds for an embedding by its number.</summary>
    double Lookup(string file, int rows, int count);
}

internal sealed class Sqlite : ICandidate
{
    public void Write(string file, ReadOnlySpan<float> values, int dimension, int commit)
    {
        using var database = Open(file);
        // A row is more than half a page of 4 KB: of larger pages less is left empty.
        Execute(database, "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
        Execute(database, "CREATE TABLE photographs (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, embedding BLOB)");
        int rows = values.Length / dimension;
        for (int first = 0; first < rows; first += commit)
        {
            using var transaction = database.BeginTransaction();
            using var insert = database.CreateCommand();
            insert.CommandText = "INSERT INTO photographs (path, embedding) VALUES ($path, $embedding)";
            var path = insert.Parameters.Add("$path", SqliteType.Text);
            var embedding = insert.Parameters.Add("$embedding", SqliteType.Blob);
            for (int i = first; i < Math.Min(rows, first + commit); i++)
            {
                path.Value = $"photographs/{i}.jpg";
                embedding.Value = MemoryMarshal.AsBytes(values.Slice(i * dimension, dimension)).ToArray();
                insert.ExecuteNonQuery();
            }
            transaction.Commit();
        }
    }

    public double ReadAll(string file)
    {
        using var database = Open(file);
        using var select = database.CreateCommand();
        select.CommandText = "SELECT id, path, embedding FROM photographs";
        using var reader = select.ExecuteReader();
        double sum = 0;
        while (reader.Read())
        {
            _ = reader.GetString(1);
            foreach (float value in MemoryMarshal.Cast<byte, float>(reader.GetFieldValue<byte[]>(2)))
            {
                sum += value;
            }
        }
        return sum;
    }

    public double Lookup(string file, int rows, int count)
    {
        using var database = Open(file);
        return SingleRows.Time(database, "SELECT embedding FROM photographs WHERE id = $id", rows, count, reader => reader.GetFieldValue<byte[]>(0).Length);
    }

    private static SqliteConnection Open(string file)
    {
        var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        database.Open();
        return database;
    }

    private static void Execute(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

internal sealed class DuckDb(bool appends) : ICandidate
{
    public void Write(string file, ReadOnlySpan<float> values, int dimension, int commit)
    {
        using var database = Open(file);
        using (var create = database.CreateCommand())
        {
            create.CommandText = $"CREATE TABLE photographs (id BIGINT PRIMARY KEY, path VARCHAR NOT NULL UNIQUE, embedding FLOAT[{dimension}])";
            create.ExecuteNonQuery();
        }
        int rows = values.Length / dimension;
        for (int first = 0; first < rows; first += commit)
        {
            using var transaction = database.BeginTransaction();
            if (appends)
            {
                using var appender = database.CreateAppender("photographs");
                for (int i = first; i < Math.Min(rows, first + commit); i++)
                {
                    appender.CreateRow().AppendValue((long)i + 1).AppendValue($"photographs/{i}.jpg").AppendValue(values.Slice(i * dimension, dimension).ToArray()).EndRow();
                }
            }
            else
            {
                using var insert = database.CreateCommand();
                insert.CommandText = $"INSERT INTO photographs VALUES ($id, $path, $embedding::FLOAT[{dimension}])";
                for (int i = first; i < Math.Min(rows, first + commit); i++)
                {
                    insert.Parameters.Clear();
                    insert.Parameters.Add(new DuckDBParameter("id", (long)i + 1));
                    insert.Parameters.Add(new DuckDBParameter("path", $"photographs/{i}.jpg"));
                    insert.Parameters.Add(new DuckDBParameter("embedding", values.Slice(i * dimension, dimension).ToArray().ToList()));
                    insert.ExecuteNonQuery();
                }
            }
            transaction.Commit();
        }
    }

    public double ReadAll(string file)
    {
        using var database = Open(file);
        using var select = database.CreateCommand();
        select.CommandText = "SELECT id, path, embedding FROM photographs";
        using var reader = select.ExecuteReader();
        double sum = 0;
        while (reader.Read())
        {
            _ = reader.GetString(1);
            foreach (float value in reader.GetFieldValue<List<float>>(2))
            {
                sum += value;
            }
        }
        return sum;
    }

    public double Lookup(string file, int rows, int count)
    {
        using var database = Open(file);
        return SingleRows.Time(database, "SELECT embedding FROM photographs WHERE id = $id", rows, count, reader => reader.GetFieldValue<List<float>>(0).Count);
    }

    private static DuckDBConnection Open(string file)
    {
        var database = new DuckDBConnection($"DataSource={file}");
        database.Open();
        return database;
    }
}

internal static class SingleRows
{
    public static double Time(DbConnection database, string sql, int rows, int count, Func<DbDataReader, int> read)
    {
        using var select = database.CreateCommand();
        select.CommandText = sql;
        var id = select.CreateParameter();
        id.ParameterName = database is DuckDBConnection ? "id" : "$id";
        select.Parameters.Add(id);
        var random = new Random(2);
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < count; i++)
        {
            id.Value = (long)random.Next(rows) + 1;
            using var reader = select.ExecuteReader();
            if (!reader.Read() || read(reader) == 0)
            {
                throw new InvalidDataException($"There is no row {id.Value}.");
            }
        }
        return watch.Elapsed.TotalMilliseconds / count;
    }
}
