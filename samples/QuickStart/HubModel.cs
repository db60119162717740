using Microsoft.ML.Clip;

namespace QuickStart;

/// <summary>
/// A model by its id on a hub, with a bar while it is downloaded. Ctrl+C ends that; what has come is kept, and the next start goes on from there.
/// </summary>
internal static class HubModel
{
    /// <summary>Whether it is an id, organisation/name, and no directory.</summary>
    public static bool IsId(string model) => !Directory.Exists(model) && model.Split('/') is [[not ('.' or '~'), ..], [_, ..]];

    /// <summary>Loads the model; ends the program with a message if it cannot be had.</summary>
    public static ClipModel Load(string id, ClipModelOptions? options = null)
    {
        using var cancellation = new CancellationTokenSource();
        ConsoleCancelEventHandler cancel = (_, e) =>
        {
            e.Cancel = true;
            cancellation.Cancel();
        };
        Console.CancelKeyPress += cancel;
        try
        {
            return ClipModel.FromHub(id, new() { Progress = new DownloadBar() }, options, cancellation.Token);
        }
        catch (ClipHubException e)
        {
            Console.Error.WriteLine(e.Message);
            Environment.Exit(1);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"{Environment.NewLine}Stopped. What has come of '{id}' is kept: start again to go on from there.");
            Environment.Exit(130);
        }
        finally
        {
            Console.CancelKeyPress -= cancel;
        }
        return null!;
    }
}
