using Microsoft.Playwright;
using SkiaSharp;

namespace PhotoSearch.Tests;

/// <summary>Pictures of the page, to look at; that of samples/PhotoSearch/README.md is one of them.</summary>
public sealed class ScreenshotTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    private const string Where = "CLIP_PHOTO_SHOTS";

    private readonly Album _album = new Album().WithSamples();

    public void Dispose() => _album.Dispose();

    [Fact]
    public async Task Page_InEveryView_AsPictures()
    {
        string? folder = Environment.GetEnvironmentVariable(Where);
        Assert.SkipWhen(folder is null, $"pictures of the page go where {Where} says");
        Directory.CreateDirectory(folder);
        AddCuttings();
        await using var site = await RunningSite.StartReadyAsync(_album, 24);

        var small = await browser.OpenAsync(site, "#text=a%20red%20panda", 1120, 620);
        await small.Locator(".card").Nth(1).Locator(".like").ClickAsync();
        await ShootAsync(small, folder, "screenshot", quality: 68);
        foreach (bool isDark in (bool[])[false, true])
        {
            foreach (int width in (int[])[1280, 390])
            {
                string name = $"{(isDark ? "dark" : "light")}-{width}";
                var page = await browser.OpenAsync(site, "#text=a%20red%20panda", width, width == 390 ? 844 : 860, isDark, isTouch: width == 390);
                await page.Locator(".card").Nth(1).Locator(".like").ClickAsync();
                await page.Locator(".card").Nth(5).Locator(".unlike").ClickAsync();
                await ShootAsync(page, folder, $"{name}-words");
                await page.Locator(".card .photo").First.ClickAsync();
                await ShootAsync(page, folder, $"{name}-viewer");
                await page.Keyboard.PressAsync("Escape");
                await page.GetByRole(AriaRole.Button, new() { Name = "Find more of these" }).ClickAsync();
                await ShootAsync(page, folder, $"{name}-examples");
                await page.GetByRole(AriaRole.Link, new() { Name = "Near duplicates" }).ClickAsync();
                await page.GetByLabel("How alike, at least").FillAsync("0.9");
                await ShootAsync(page, folder, $"{name}-duplicates");
                await page.GetByRole(AriaRole.Link, new() { Name = "Map" }).ClickAsync();
                await ShootAsync(page, folder, $"{name}-map");
                await page.GetByRole(AriaRole.Link, new() { Name = "Photo search" }).ClickAsync();
                await ShootAsync(page, folder, $"{name}-latest");
            }
        }
    }

    private static async Task ShootAsync(IPage page, string folder, string name, int quality = 85)
    {
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        await page.WaitForFunctionAsync("() => document.querySelector('#results').getAttribute('aria-busy') === 'false' "
            + "&& [...document.images].filter(i => i.checkVisibility()).every(i => i.complete || i.loading === 'lazy')");
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.jpg"), Type = ScreenshotType.Jpeg, Quality = quality });
    }

    // Parts of the samples, which look alike more or less, so that the page has something to put in order.
    private void AddCuttings()
    {
        foreach (string name in Directory.GetFiles(_album.Folder).Select(f => Path.GetFileName(f)!))
        {
            using var whole = SKBitmap.Decode(Album.Sample(name));
            (string, float, float, float)[] parts = [("near", 0.2f, 0.1f, 0.6f), ("left", 0, 0.15f, 0.8f), ("right", 0.25f, 0.2f, 0.75f)];
            foreach (var (suffix, x, y, size) in parts)
            {
                int Across(float share) => (int)(share * whole.Width);
                int Down(float share) => (int)(share * whole.Height);
                using var part = new SKBitmap();
                whole.ExtractSubset(part, SKRectI.Create(Across(x), Down(y), Across(size), Down(size)));
                using var data = part.Encode(SKEncodedImageFormat.Jpeg, 88);
                _album.Add($"cuttings/{Path.GetFileNameWithoutExtension(name)} {suffix}.jpg", data.ToArray());
            }
        }
    }
}
