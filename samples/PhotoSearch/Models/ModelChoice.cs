using Microsoft.ML.Clip;
using QuickStart;
using Samples;

namespace PhotoSearch;

/// <summary>Which model it is: the one that was named; or the everyday model; or, where that cannot be had, the small one of the repository.</summary>
internal static class ModelChoice
{
    /// <summary>Loads a model.</summary>
    /// <param name="named">A directory or a hub's id; null where none was named.</param>
    /// <param name="maximumPixels">The most pixels of an image.</param>
    /// <exception cref="IOException">The directory is not there, or no model is in it.</exception>
    /// <exception cref="InvalidDataException">The model is broken.</exception>
    public static PhotoModel Open(string? named, long maximumPixels)
    {
        var options = new ClipModelOptions { Preprocessing = new() { ApplyExifOrientation = true, MaximumPixels = maximumPixels } };
        if (named is not null)
        {
            return HubModel.IsId(named) ? new(HubModel.Load(named, options), named)
                : new(ClipModel.Load(named, options), Path.GetFileName(Path.TrimEndingDirectorySeparator(named)));
        }
        try
        {
            return new(ClipModel.Load(EverydayModel.Open(Console.WriteLine), options), "everyday");
        }
        catch (FileNotFoundException e)
        {
            Console.WriteLine($"{e.Message} The small model of samples/models is used, which knows 210 names.");
            return new(ClipModel.Load(Repository.DefaultModel, options), "tiny-clip");
        }
    }
}
