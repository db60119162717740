// Searches a folder of photographs in the browser: by words, by a picture, by one of them, and by examples. See README.md.
//
//   dotnet run -c Release --project samples/PhotoSearch                    the photographs of samples/images
//   dotnet run -c Release --project samples/PhotoSearch -- FOLDER          yours, and all folders in it
//   dotnet run --project samples/PhotoSearch -- --help                     the rest

using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using PhotoSearch;
using Samples;

var command = new CommandLine(args, """
    Usage: PhotoSearch [FOLDER] [--model DIR-OR-HUB-ID] [--data DIR] [--port N] [--listen ADDRESS] [--max-megapixels N]

    FOLDER            photographs, in folders of any depth. Nothing is written there. Default: samples/images.
    --model           a model's folder, or its id on Hugging Face's hub. Default: the everyday model, or tiny-clip where that cannot be had.
    --data            where the database goes. Default: the user's cache, one for each folder and model.
    --port            Default: 5080.
    --listen          an address of this machine, or 0.0.0.0 for all, so that others can look at the photographs. Default: nobody else can.
    --max-megapixels  larger images are not read. Default: 50.
    """, words: 1);
string folder = Path.GetFullPath(command.Word ?? Path.Combine(Repository.Root, "samples", "images"));
if (!Directory.Exists(folder))
{
    CommandLine.Fail($"There is no folder '{folder}'.");
}
var address = IPAddress.Loopback;
if (command.Text("--listen") is { } listen && !IPAddress.TryParse(listen, out address!))
{
    CommandLine.Fail($"'{listen}' is no address.");
}
int port = command.Count("--port") ?? 5080;
if (port > IPEndPoint.MaxPort)
{
    CommandLine.Fail($"There is no port {port}; the last is {IPEndPoint.MaxPort}.");
}
long maximumPixels = 1_000_000L * (command.Count("--max-megapixels") ?? 50);

using var model = OpenModel();
string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{folder}\n{model.Hash}")))[..16];
var settings = new Settings
{
    Folder = folder,
    Data = Path.GetFullPath(command.Text("--data") ?? Path.Combine(EverydayModel.DefaultCache(), "photo-search", key)),
    Address = address,
    Port = port,
    MaximumPixels = maximumPixels,
};
await using var site = await StartAsync();
Console.WriteLine($"{folder} at {string.Join(", ", site.Urls)}, with the model {model.Name}. Ctrl+C ends it.");
if (!IPAddress.IsLoopback(address))
{
    Console.WriteLine("Whoever reaches this address can look at all photographs of the folder.");
}
await site.WaitForShutdownAsync();

async Task<WebApplication> StartAsync()
{
    try
    {
        var built = Site.Build(settings, model);
        await built.StartAsync();
        return built;
    }
    catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
    {
        CommandLine.Fail(e.Message);
        throw;
    }
    catch (SocketException e)
    {
        CommandLine.Fail($"Cannot listen on {settings.Address}, port {settings.Port}: {e.Message}.");
        throw;
    }
}

PhotoModel OpenModel()
{
    try
    {
        return ModelChoice.Open(command.Text("--model"), maximumPixels);
    }
    catch (Exception e) when (e is IOException or InvalidDataException)
    {
        CommandLine.Fail(e.Message);
        throw;
    }
}
