using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PhotoSearch.Tests;

/// <summary>The map in the page.</summary>
public sealed partial class BrowserTests
{
    [Fact]
    public async Task Map_ShowsAllPhotographs_ZoomsMovesAndOpensThem()
    {
        var page = await browser.OpenAsync(_site);
        await page.GetByRole(AriaRole.Link, new() { Name = "Map" }).ClickAsync();
        var pictures = page.Locator("#map .place");
        await Expect(pictures).ToHaveCountAsync(8);
        var dog = page.GetByRole(AriaRole.Button, new() { Name = "Open dog.jpg", Exact = true });
        double side = (await dog.BoundingBoxAsync())!.Width;

        await dog.HoverAsync();
        await page.Mouse.WheelAsync(0, -300);
        await page.Mouse.WheelAsync(0, -300);
        // The point below the mouse stays where it is, and the picture grows or makes room for others.
        await Expect(dog).ToBeVisibleAsync();
        await Expect(pictures).Not.ToHaveCountAsync(8);
        var before = (await dog.BoundingBoxAsync())!;
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(before.X + 90, before.Y + 60, new() { Steps = 4 });
        await page.Mouse.UpAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Whole map" }).ClickAsync();
        await Expect(pictures).ToHaveCountAsync(8);
        Assert.Equal(side, (await dog.BoundingBoxAsync())!.Width, 1.0);
        await dog.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Heading)).ToHaveTextAsync("dog.jpg");
        // What stands nearest comes next.
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Heading)).ToHaveTextAsync("small dog.jpg");
    }

    [Fact]
    public async Task Map_ByKeysAlone_AndAsAList()
    {
        var page = await browser.OpenAsync(_site, "#map");
        var map = page.GetByRole(AriaRole.Group, new() { NameRegex = MapName() });
        var pictures = map.Locator(".place");
        await Expect(pictures).ToHaveCountAsync(8);

        await map.FocusAsync();
        await page.Keyboard.PressAsync("+");
        await page.Keyboard.PressAsync("+");
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.Keyboard.PressAsync("0");
        await Expect(pictures).ToHaveCountAsync(8);
        await page.Keyboard.PressAsync("Tab");
        string[] names = new string[2];
        foreach (int i in (int[])[0, 1])
        {
            names[i] = await page.EvaluateAsync<string>("document.activeElement.getAttribute('aria-label')");
            // To whatever picture is in that direction: one of the four has one.
            foreach (string key in (string[])["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"])
            {
                if (i == 0 && await page.EvaluateAsync<string>("document.activeElement.getAttribute('aria-label')") == names[0])
                {
                    await page.Keyboard.PressAsync(key);
                }
            }
        }
        Assert.NotEqual(names[0], names[1]);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Heading)).ToHaveTextAsync(names[1]["Open ".Length..]);
        await page.Keyboard.PressAsync("Escape");

        // Whatever comes and goes, one is on the map still.
        foreach (string key in (string[])["+", "+", "ArrowRight", "ArrowRight", "ArrowDown", "-", "-", "-"])
        {
            await page.Keyboard.PressAsync(key);
            await page.WaitForTimeoutAsync(50);
            Assert.True(await page.EvaluateAsync<bool>("document.activeElement.closest('#map') !== null"), key);
        }

        var asList = page.GetByRole(AriaRole.Button, new() { Name = "As a list" });
        await asList.ClickAsync();
        await Expect(asList).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Neighbourhood 1 of 1" })).ToBeVisibleAsync();
        await Expect(Cards(page)).ToHaveCountAsync(8);
        // Fewer of them, nearer.
        for (int i = 0; i < 3; i++)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Nearer" }).ClickAsync();
        }
        await Expect(Cards(page)).Not.ToHaveCountAsync(8);
        await page.GetByRole(AriaRole.Button, new() { Name = "Whole map" }).ClickAsync();
        await Expect(Cards(page)).ToHaveCountAsync(8);
        await asList.ClickAsync();
        await Expect(pictures).ToHaveCountAsync(8);
    }

    [Fact]
    public async Task Map_ThatIsSlowToCome_CanBeZoomedMeanwhile()
    {
        var page = await browser.OpenAsync(_site);
        await Expect(Cards(page)).ToHaveCountAsync(8);
        var answered = new TaskCompletionSource();
        await page.RouteAsync("**/api/map?*", async route =>
        {
            await answered.Task;
            await route.ContinueAsync();
        });

        await page.GetByRole(AriaRole.Link, new() { Name = "Map" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Nearer" }).ClickAsync();
        // As long as it takes to draw, and then to ask for what is missing.
        await page.WaitForTimeoutAsync(400);
        answered.SetResult();
        await page.GetByRole(AriaRole.Button, new() { Name = "Whole map" }).ClickAsync();

        await Expect(page.Locator("#map .place")).ToHaveCountAsync(8);
    }

    [Fact]
    public async Task Map_ByTwoFingers_Zooms()
    {
        var page = await browser.OpenAsync(_site, "#map", 390, 844, isTouch: true);
        var pictures = page.Locator("#map .place");
        await Expect(pictures).ToHaveCountAsync(8);

        var box = (await page.Locator("#map").BoundingBoxAsync())!;
        var touch = await page.Context.NewCDPSessionAsync(page);
        async Task Fingers(string type, params float[] xs) => await touch.SendAsync("Input.dispatchTouchEvent", new()
        {
            ["type"] = type,
            ["touchPoints"] = xs.Select((x, i) => new { x = box.X + x, y = box.Y + 150, id = i }).ToArray(),
        });
        await Fingers("touchStart", 140, 200);
        foreach (int step in Enumerable.Range(1, 6))
        {
            await Fingers("touchMove", 140 - (20 * step), 200 + (20 * step));
        }
        await Fingers("touchEnd");

        await Expect(pictures).Not.ToHaveCountAsync(8);
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
        Assert.Equal(1, await page.EvaluateAsync<double>("visualViewport.scale"));
    }

    [Theory]
    [InlineData(1280, false)]
    [InlineData(360, true)]
    public async Task Map_OfAnyWidth_FitsIt_AndIsNamedThroughout(int width, bool isDark)
    {
        var page = await browser.OpenAsync(_site, "#map", width, 800, isDark, isTouch: width < 500);
        await Expect(page.Locator("#map .place")).ToHaveCountAsync(8);

        await AssertSoundAsync(page, width);
    }

    [GeneratedRegex("^Map of the photographs")]
    private static partial Regex MapName();
}
