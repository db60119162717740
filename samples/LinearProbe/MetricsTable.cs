using Microsoft.ML.Data;

namespace LinearProbe;

internal static class MetricsTable
{
    public static void Print(MulticlassClassificationMetrics metrics)
    {
        Console.WriteLine();
        Console.WriteLine($"Accuracy on the test images: micro {metrics.MicroAccuracy:P2}, macro {metrics.MacroAccuracy:P2}, among the first {metrics.TopKPredictionCount} {metrics.TopKAccuracy:P2}");
        Console.WriteLine($"Log-loss: {metrics.LogLoss:F4}, {metrics.LogLossReduction:P1} less than the classes' shares have");
        if (metrics.ConfusionMatrix.NumberOfClasses <= 20)
        {
            Console.WriteLine(metrics.ConfusionMatrix.GetFormattedConfusionTable());
        }
    }
}
