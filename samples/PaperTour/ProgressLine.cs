using Microsoft.ML.Clip;

namespace PaperTour;

/// <summary>A line for each new stage.</summary>
internal sealed class ProgressLine : IProgress<ClipEvaluationProgress>
{
    private string _told = "";

    public void Report(ClipEvaluationProgress value)
    {
        if (value.Task + value.Stage != _told)
        {
            Console.Error.WriteLine(value);
            _told = value.Task + value.Stage;
        }
    }
}
