using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Mlclip;

/// <summary>All commands, and what is the same for each: <c>--json</c>, help with examples, errors as one line, and what the process ends with.</summary>
internal static class CommandTree
{
    private const string Description = """
        CLIP on the command line: name, find and embed pictures.

        Results go to standard output: tables on a terminal, lines with tabs elsewhere, one JSON object a line with --json.
        It ends with 0 when all is done, 1 when it may succeed later (network, disk), 42 when the input is wrong, 75 when SIGTERM stopped it.
        """;

    private static readonly string[] Examples =
        ["mlclip classify photos --labels cat,dog", """mlclip search "a red car" photos""", "mlclip models download Xenova/clip-vit-base-patch32"];

    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">What stands behind the program's name.</param>
    /// <param name="console">Where it reads and writes.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="stopCode">What it ends with when that has happened.</param>
    public static int Run(string[] arguments, ToolConsole console, CancellationToken stop, Func<int> stopCode)
    {
        var json = new Option<bool>("--json") { Description = "Results as JSON, one object a line.", Recursive = true };
        var root = new RootCommand(Description) { HelpName = "mlclip" };
        root.Add(json);
        foreach (var command in Commands())
        {
            root.Add(command);
        }
        foreach (var option in root.Options)
        {
            if (option is HelpOption)
            {
                option.Action = new ExampleHelp(console.Width);
                // Those of Windows' own commands, which a completion would show first.
                foreach (string alias in (string[])["-?", "/?", "/h"])
                {
                    option.Aliases.Remove(alias);
                }
            }
        }
        SetActions(root, console, json);
        var output = new ToolOutput(console, arguments.Contains("--json"));
        try
        {
            var parsed = root.Parse(arguments);
            if (parsed.Errors.Count > 0 && parsed.Action is null or ParseErrorAction)
            {
                ErrorLine.Write(output, $"{string.Join(' ', parsed.Errors.Select(e => PrintedText.OneLine(e.Message)))} '{NameOf(parsed.CommandResult.Command)} --help' shows what there is.", ExitCode.BadInput);
                return ExitCode.BadInput;
            }
            // Signals are the process's business, and so are errors.
            var configuration = new InvocationConfiguration
            {
                Output = console.Out,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return parsed.InvokeAsync(configuration, stop).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            ErrorLine.Write(output, "stopped.", stopCode());
            return stopCode();
        }
        catch (Exception e) when (ToolConsole.IsClosedPipe(e))
        {
            // Nobody reads on: as with every filter, that is the reader's choice.
            return ExitCode.Done;
        }
        catch (Exception e)
        {
            return ErrorLine.Report(output, e);
        }
    }

    /// <summary>The commands, in the order of the help.</summary>
    public static IEnumerable<Command> Commands() =>
    [
        ClassifyCommand.Create(), SearchCommand.Create(), ProbeCommand.Create(), InfoCommand.Create(), ModelsCommand.Create(), EmbedCommand.Create(),
        QuantizeCommand.Create(), CompletionCommand.Create(),
    ];

    private static void SetActions(Command command, ToolConsole console, Option<bool> json)
    {
        if (command is ToolCommand { Run: { } run })
        {
            // On a thread of the pool, so that it can be left where it does not listen.
            command.SetAction((parsed, stop) => Task.Run(() => run(parsed, new ToolOutput(console, parsed.GetValue(json)), stop), CancellationToken.None));
        }
        else
        {
            command.SetAction(parsed => new ExampleHelp(console.Width).Invoke(parsed));
        }
        foreach (var inner in command.Subcommands)
        {
            SetActions(inner, console, json);
        }
    }

    private static string NameOf(Command command) => command is RootCommand ? "mlclip"
        : $"{NameOf(command.Parents.OfType<Command>().First())} {command.Name}";

    /// <summary>The usual help, and examples below it.</summary>
    private sealed class ExampleHelp(int width) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int code = new HelpAction { MaxWidth = width }.Invoke(parseResult);
            var examples = parseResult.CommandResult.Command is ToolCommand command ? command.Examples : Examples;
            var writer = parseResult.InvocationConfiguration.Output;
            writer.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
            foreach (string example in examples)
            {
                writer.WriteLine($"  {example}");
            }
            return code;
        }
    }
}
