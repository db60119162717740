using Microsoft.ML.Clip;

namespace PaperTour;

/// <summary>What stands at the beginning.</summary>
internal static class TourTexts
{
    public static ClipReportSection Introduction(string modelName, TourSets sets)
    {
        var blocks = new List<ClipReportBlock>
        {
            new ClipReportParagraph("Radford et al. 2021 (arXiv 2103.00020) spend half of their paper on what a trained CLIP can do. This page walks the same way "
                + "with one model and with the sets at hand: zero-shot transfer beside linear probes, what prompts are worth, probes on few images, other styles and "
                + "sources, people, retrieval, overlap with training data, and published results of larger models beside them.\n\n"
                + "Every number can be computed again: dotnet run -c Release --project samples/PaperTour."),
        };
        if (modelName == "tiny-clip")
        {
            blocks.Add(new ClipReportNote("tiny-clip is a model of 5.3 MB that was trained on CIFAR-10 and a part of Tiny ImageNet, in two hours on two processor cores, so that samples run without a download. It knows 210 names. Outside of them its zero-shot figures are near chance, as they have to be; what this page shows is how such things are measured, and not what CLIP can do. Give it another model with --model."));
        }
        if (sets.IsDrawn)
        {
            blocks.Add(new ClipReportNote("The sets are shapes that were drawn for this page: there were no real ones. Sections on people and published results need them, and are left out."));
        }
        foreach (string missing in sets.Missing)
        {
            blocks.Add(new ClipReportNote($"Not at hand, and left out: {missing}."));
        }
        return new("What this is") { Blocks = blocks };
    }
}
