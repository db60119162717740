namespace Microsoft.ML.Clip.Tests;

/// <summary>A Chromium that the system has; nothing is downloaded. Tests without one are skipped, and say so.</summary>
internal static class Chromium
{
    public const string Missing = "needs Chromium: install it, or name one with CLIP_CHROMIUM";

    /// <summary>Where it is, or null. CLIP_CHROMIUM in the environment names another one.</summary>
    public static string? Program { get; } = ((string?[])[Environment.GetEnvironmentVariable("CLIP_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        @"C:\Program Files\Google\Chrome\Application\chrome.exe"]).FirstOrDefault(File.Exists);
}
