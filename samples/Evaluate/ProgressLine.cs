using Microsoft.ML.Clip;

namespace Evaluate;

/// <summary>Progress in one line of the console, or a line now and then where output goes to a file.</summary>
internal sealed class ProgressLine : IProgress<ClipEvaluationProgress>
{
    private const int Width = 110;

    private string _told = "";

    public void Report(ClipEvaluationProgress value)
    {
        string line = value.ToString();
        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write('\r' + (line.Length > Width ? line[..Width] : line.PadRight(Width)));
        }
        else if (value.Task + value.Stage != _told)
        {
            Console.Error.WriteLine(line);
        }
        _told = value.Task + value.Stage;
    }

    /// <summary>Leaves the line.</summary>
    public static void End()
    {
        if (!Console.IsErrorRedirected)
        {
            Console.Error.WriteLine();
        }
    }
}
