using Spectre.Console;

namespace Mlclip;

/// <summary>Tables and bars for a terminal. The only place that knows Spectre.Console, so that it is loaded where there is one.</summary>
internal static class TerminalView
{
    public static void Table(ToolConsole console, IReadOnlyList<string> headings, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (string heading in headings)
        {
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))));
        }
        foreach (string[] row in rows)
        {
            // Text, and not markup: a file may be called [red].
            table.AddRow(row.Select(cell => new Text(cell)));
        }
        Open(console.Out, console.IsOutTerminal, console.Width).Write(table);
    }

    public static void Facts(ToolConsole console, IEnumerable<(string Name, string Text)> facts)
    {
        var grid = new Grid();
        grid.AddColumn(new GridColumn().NoWrap().PadRight(2));
        grid.AddColumn();
        foreach (var (name, text) in facts)
        {
            grid.AddRow(new Text(name, new Style(decoration: Decoration.Bold)), new Text(text));
        }
        Open(console.Out, console.IsOutTerminal, console.Width).Write(grid);
    }

    /// <summary>Shows a bar until <paramref name="end"/> is set.</summary>
    /// <param name="console">Whose error stream it is shown on.</param>
    /// <param name="what">What is going on.</param>
    /// <param name="state">How far it is: done, and of how many; the latter null where it is not known.</param>
    /// <param name="end">Set when it is over.</param>
    public static Task Bar(ToolConsole console, string what, Func<(double Done, double? Total)> state, Task end)
    {
        var progress = Open(console.Error, console.IsErrorTerminal, console.Width).Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn());
        return progress.StartAsync(async context =>
        {
            var task = context.AddTask(Markup.Escape(what));
            while (!end.IsCompleted)
            {
                var (done, total) = state();
                task.IsIndeterminate = total is null;
                (task.MaxValue, task.Value) = (Math.Max(1, total ?? 1), done);
                await Task.WhenAny(end, Task.Delay(100)).ConfigureAwait(false);
            }
        });
    }

    private static IAnsiConsole Open(TextWriter writer, bool isTerminal, int width)
    {
        bool isOwn = ReferenceEquals(writer, Console.Out) || ReferenceEquals(writer, Console.Error);
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal && isOwn ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isTerminal && isOwn ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = width;
        return console;
    }
}
