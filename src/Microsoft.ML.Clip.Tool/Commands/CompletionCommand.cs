using System.CommandLine;

namespace Mlclip;

/// <summary><c>mlclip completion</c>: a script for a shell, which asks mlclip what may come next.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            _mlclip() {
                local IFS=$'\n'
                COMPREPLY=($(compgen -W "$(mlclip "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _mlclip mlclip
            """,
        ["zsh"] = """
            _mlclip() {
                local -a found
                found=("${(@f)$(mlclip "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
                compadd -a found
                _files
            }
            compdef _mlclip mlclip
            """,
        ["fish"] = """
            complete -c mlclip -a '(mlclip "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName mlclip -ScriptBlock {
                param($word, $line, $position)
                mlclip "[suggest:$position]" "$line" | Where-Object { $_ -like "$word*" } |
                    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
            }
            """,
    };

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        return ToolCommand.Of("completion", "Print a script that completes commands, options and cached models in your shell.",
            ["mlclip completion bash >> ~/.bashrc", "mlclip completion fish > ~/.config/fish/completions/mlclip.fish"], [shell], (parse, output, _) =>
            {
                output.Line(Scripts[parse.GetRequiredValue(shell)]);
                return ExitCode.Done;
            });
    }
}
