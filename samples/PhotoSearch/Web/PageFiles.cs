using System.Reflection;

namespace PhotoSearch;

/// <summary>The page: files that are part of the program.</summary>
internal static class PageFiles
{
    private const string Prefix = "wwwroot/";

    public static void MapPage(this WebApplication site)
    {
        var program = Assembly.GetExecutingAssembly();
        foreach (string resource in program.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            string name = resource[Prefix.Length..];
            site.MapGet(name == "index.html" ? "/" : $"/{name}", () => Results.Stream(program.GetManifestResourceStream(resource)!, MediaType(name)))
                .ExcludeFromDescription();
        }
    }

    private static string MediaType(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };
}
