using Microsoft.Data.Sqlite;

namespace PhotoSearch;

/// <summary>Commands with parameters, in a line each.</summary>
internal static class SqliteExtensions
{
    public static void Run(this SqliteConnection database, string sql)
    {
        using var command = database.Command(sql);
        command.ExecuteNonQuery();
    }

    public static SqliteCommand Command(this SqliteConnection database, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = database.CreateCommand();
#pragma warning disable CA2100 // The texts are constants of this program; what comes from outside is a parameter.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Set(parameters);
        return command;
    }

    /// <summary>Gives the parameters their values; the command is prepared once and runs as often as it likes.</summary>
    public static void Set(this SqliteCommand command, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        command.Parameters.Clear();
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }
    }
}
