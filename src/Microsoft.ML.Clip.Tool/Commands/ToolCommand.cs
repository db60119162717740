using System.CommandLine;

namespace Mlclip;

/// <summary>A command with an example for its help. What it does is done with the output of the process, or of a test.</summary>
internal sealed class ToolCommand : Command
{
    private ToolCommand(string name, string description, IReadOnlyList<string> examples)
        : base(name, description) => Examples = examples;

    /// <summary>Command lines, and behind a # what they do.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>A command that does something.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="description">One or two sentences.</param>
    /// <param name="examples">Command lines for the help.</param>
    /// <param name="symbols">Arguments and options, in the order of the help.</param>
    /// <param name="run">Does it, and returns what the process ends with.</param>
    public static ToolCommand Of(string name, string description, IReadOnlyList<string> examples, IEnumerable<Symbol> symbols,
        Func<ParseResult, ToolOutput, CancellationToken, int> run)
    {
        var command = new ToolCommand(name, description, examples);
        foreach (var symbol in symbols)
        {
            Checked.RefuseEmpty(symbol);
            switch (symbol)
            {
                case Argument argument: command.Add(argument); break;
                case Option option: command.Add(option); break;
            }
        }
        command.Run = run;
        return command;
    }

    /// <summary>A command that is the name of several.</summary>
    public static ToolCommand Group(string name, string description, IReadOnlyList<string> examples, params IEnumerable<Command> commands)
    {
        var group = new ToolCommand(name, description, examples);
        foreach (var command in commands)
        {
            group.Add(command);
        }
        return group;
    }

    /// <summary>What it does; null for a group, which shows its help.</summary>
    public Func<ParseResult, ToolOutput, CancellationToken, int>? Run { get; private set; }
}
