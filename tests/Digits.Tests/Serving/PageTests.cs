using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Digits.Tests.Serving;

/// <summary>The page in a browser: digits drawn in each way, on each kind of screen.</summary>
[Collection(ServedDigitsTests.Name)]
public sealed class PageTests(ServedDigits served, Browser browser) : IClassFixture<Browser>
{
    private static readonly BrowserNewContextOptions Phone = new()
    {
        ViewportSize = new ViewportSize { Width = 360, Height = 640 },
        DeviceScaleFactor = 3,
        HasTouch = true,
        IsMobile = true,
    };

    [SkippableTheory, InlineData(1), InlineData(3), InlineData(5), InlineData(7)]
    public async Task A_digit_drawn_with_the_mouse_is_read_while_it_is_drawn(int digit)
    {
        await using var page = await browser.OpenAsync(served.Server.Address);
        await Expect(page.Page.Locator("#digit")).ToHaveTextAsync("–");
        var (noBars, noMaps) = (await page.BarsAsync(), await page.MapsAsync());
        Assert.All(noBars, share => Assert.Equal(0, share));

        var strokes = DrawingPage.Strokes(digit);
        // The button stays down in the middle of the first stroke: there is a reading already.
        var place = await page.PlacesAsync();
        var (x, y) = place(strokes[0][0]);
        await page.Page.Mouse.MoveAsync(x, y);
        await page.Page.Mouse.DownAsync();
        (x, y) = place(strokes[0][1]);
        await page.Page.Mouse.MoveAsync(x, y, new MouseMoveOptions { Steps = 5 });
        await Expect(page.Page.Locator("#digit")).Not.ToHaveTextAsync("–");
        var (halfBars, halfMaps) = (await page.BarsAsync(), await page.MapsAsync());
        Assert.Equal(1, halfBars.Sum(), 1e-3f);
        await page.Page.Mouse.UpAsync();
        await page.Page.Locator("#clear").ClickAsync();

        await page.DrawWithMouseAsync(strokes);
        await page.ExpectAsync(digit);
        await Expect(page.Page.Locator("#chart .best")).ToHaveAttributeAsync("data-digit", digit.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await Expect(page.Page.Locator("#sure")).ToContainTextAsync("% sure");
        await Expect(page.Page.Locator("#said")).ToContainTextAsync($"Reads as {digit}");
        var (bars, maps) = (await page.BarsAsync(), await page.MapsAsync());
        Assert.Equal(1, bars.Sum(), 1e-3f);
        Assert.Equal(digit, Array.IndexOf(bars, bars.Max()));
        Assert.Equal(3, maps.Length);
        for (var stage = 0; stage < 3; stage++)
        {
            Assert.NotEqual(noMaps[stage], halfMaps[stage]);
            Assert.NotEqual(halfMaps[stage], maps[stage]);
        }
        Assert.NotEqual(halfBars, bars);
        Assert.Empty(page.Complaints);
    }

    [SkippableTheory, InlineData(0), InlineData(2), InlineData(4)]
    public async Task A_digit_drawn_with_a_finger_is_read_and_moves_nothing_else(int digit)
    {
        await using var page = await browser.OpenAsync(served.Server.Address, Phone);
        await page.Page.EvaluateAsync("() => { window.kinds = new Set(); document.getElementById('pad').addEventListener('pointerdown', e => window.kinds.add(e.pointerType)); }");
        await page.DrawWithFingerAsync(DrawingPage.Strokes(digit));
        await page.ExpectAsync(digit);
        Assert.Equal("touch", await page.Page.EvaluateAsync<string>("() => [...window.kinds].join()"));

        // A long stroke downwards and two quick taps: neither scrolls nor zooms, nor selects text.
        await page.DrawWithFingerAsync([[(0.5f, 0.9f), (0.5f, 0.1f)], [(0.5f, 0.5f)], [(0.5f, 0.5f)]]);
        Assert.Equal("0 1 0", await page.Page.EvaluateAsync<string>("() => [scrollY, visualViewport.scale, getSelection().toString().length].join(' ')"));
        Assert.Empty(page.Complaints);
    }

    [SkippableFact]
    public async Task A_second_finger_does_not_draw()
    {
        await using var page = await browser.OpenAsync(served.Server.Address, Phone);
        await page.DrawWithFingerAsync(DrawingPage.Strokes(7), other: (0.1f, 0.9f));
        await page.ExpectAsync(7);
        Assert.Equal(1, await page.Page.Locator("#paper path").CountAsync());
    }

    [SkippableFact]
    public async Task The_page_beside_the_pad_can_be_scrolled_by_finger()
    {
        await using var page = await browser.OpenAsync(served.Server.Address, Phone);
        await page.DrawWithFingerAsync([[(0.5f, 1.5f), (0.5f, 1.2f), (0.5f, 0.9f), (0.5f, 0.6f), (0.5f, 0.3f)]]);
        await Expect(page.Page.Locator("#paper path")).ToHaveCountAsync(0);
        Assert.InRange(await page.Page.EvaluateAsync<float>("() => scrollY"), 50, 1000);
    }

    [SkippableFact]
    public async Task A_digit_is_drawn_with_the_keyboard_alone()
    {
        await using var page = await browser.OpenAsync(served.Server.Address);
        var pad = page.Page.Locator("#pad");
        await page.PressAsync("Tab");
        await Expect(pad).ToBeFocusedAsync();
        await Expect(page.Page.Locator("#cursor")).ToBeVisibleAsync();
        Assert.Equal("solid", await pad.EvaluateAsync<string>("pad => getComputedStyle(pad).outlineStyle"));

        // A seven: across to the right, then down at a slant.
        await page.PressAsync("Shift+ArrowUp*2 ArrowLeft*6 Space ArrowRight*11 End*2");
        var before = await page.BarsAsync();
        await page.PressAsync("ArrowDown End ArrowDown*2 End ArrowDown*2 End ArrowDown*2 End ArrowDown*2 Space");
        await page.ExpectAsync(7);
        Assert.NotEqual(before, await page.BarsAsync());
        await Expect(page.Page.Locator("#said")).ToContainTextAsync("Reads as 7");
        await Expect(page.Page.Locator("#moved")).ToContainTextAsync("Pen up, column ");

        // With the pen up the cursor moves and leaves no line.
        var drawn = await page.Page.Locator("#paper").InnerHTMLAsync();
        await page.PressAsync("ArrowLeft*3");
        Assert.Equal(drawn, await page.Page.Locator("#paper").InnerHTMLAsync());

        // A bar through it, taken back, then everything.
        await page.PressAsync("Space ArrowRight*4 Space");
        await Expect(page.Page.Locator("#paper path")).ToHaveCountAsync(2);
        await page.PressAsync("Backspace");
        await Expect(page.Page.Locator("#paper path")).ToHaveCountAsync(1);
        await page.PressAsync("Delete");
        await Expect(page.Page.Locator("#digit")).ToHaveTextAsync("–");
        await Expect(page.Page.Locator("#said")).ToContainTextAsync("empty");

        // And on to everything else.
        foreach (var next in new[] { "#undo", "#clear", "summary" })
        {
            await page.PressAsync("Tab");
            await Expect(page.Page.Locator(next)).ToBeFocusedAsync();
            Assert.Equal("solid", await page.Page.Locator(next).EvaluateAsync<string>("e => getComputedStyle(e).outlineStyle"));
        }
        await page.PressAsync("Enter");
        await Expect(page.Page.Locator("details dl")).ToBeVisibleAsync();
        Assert.Empty(page.Complaints);
    }

    [SkippableFact]
    public async Task Two_arrows_held_together_draw_at_a_slant()
    {
        await using var page = await browser.OpenAsync(served.Server.Address);
        await page.PressAsync("Tab Space");
        await page.Page.Keyboard.DownAsync("ArrowDown");
        await page.Page.Keyboard.DownAsync("ArrowRight");
        await page.Page.Keyboard.DownAsync("ArrowRight");
        await page.Page.Keyboard.UpAsync("ArrowRight");
        await page.Page.Keyboard.UpAsync("ArrowDown");
        await page.PressAsync("ArrowLeft Space");
        await Expect(page.Page.Locator("#moved")).ToContainTextAsync("column 16, row 18");
    }

    [SkippableFact]
    public async Task Undo_and_clear_take_back_what_was_drawn()
    {
        await using var page = await browser.OpenAsync(served.Server.Address);
        await page.DrawWithMouseAsync(DrawingPage.Strokes(4));
        await page.ExpectAsync(4);
        var four = await page.MapsAsync();
        await page.Page.Locator("#undo").ClickAsync();
        await Expect(page.Page.Locator("#paper path")).ToHaveCountAsync(1);
        await page.Page.WaitForFunctionAsync("four => document.querySelector('#stages .gallery:not(.filters) canvas').toDataURL() !== four.split(',data')[0]", four[0]);
        await page.Page.Locator("#clear").ClickAsync();
        await Expect(page.Page.Locator("#digit")).ToHaveTextAsync("–");
        await Expect(page.Page.Locator("#paper path")).ToHaveCountAsync(0);
        Assert.All(await page.BarsAsync(), share => Assert.Equal(0, share));
        Assert.Empty(page.Complaints);
    }

    [SkippableFact]
    public async Task One_question_is_on_its_way_at_a_time_and_the_newest_drawing_wins()
    {
        await using var page = await browser.OpenAsync(served.Server.Address);
        var (now, most, asked) = (0, 0, 0);
        var held = new TaskCompletionSource();
        await page.Page.RouteAsync("**/api/read", async route =>
        {
            asked++;
            most = Math.Max(most, ++now);
            await held.Task;
            now--;
            await route.ContinueAsync();
        });
        await page.DrawWithMouseAsync(DrawingPage.Strokes(3));
        await Expect(page.Page.Locator("#digit")).ToHaveTextAsync("–");
        // The answer to the first point of the drawing comes when the whole is there: all drawings in between are left out.
        held.SetResult();
        await page.ExpectAsync(3);
        await page.Page.WaitForTimeoutAsync(300);
        await page.ExpectAsync(3);
        Assert.Equal((1, 2), (most, asked));

        // What was asked about before the paper was cleared is not shown after it.
        held = new TaskCompletionSource();
        await page.DrawWithMouseAsync(DrawingPage.Strokes(1));
        await page.Page.Locator("#clear").ClickAsync();
        await Expect(page.Page.Locator("#digit")).ToHaveTextAsync("–");
        held.SetResult();
        await page.Page.WaitForTimeoutAsync(300);
        Assert.Equal(3, asked);
        await Expect(page.Page.Locator("#digit")).ToHaveTextAsync("–");
        Assert.Empty(page.Complaints);
    }

    [SkippableFact]
    public async Task Says_when_the_program_does_not_answer_and_goes_on_when_it_does()
    {
        await using var page = await browser.OpenAsync(served.Server.Address);
        await page.Page.RouteAsync("**/api/read", route => route.AbortAsync());
        await page.DrawWithMouseAsync(DrawingPage.Strokes(7));
        var message = page.Page.GetByRole(AriaRole.Alert);
        await Expect(message).ToContainTextAsync("does not answer");
        await page.Page.UnrouteAsync("**/api/read");
        await page.ExpectAsync(7);
        await Expect(message).ToBeHiddenAsync();
    }

    [SkippableTheory]
    [InlineData(320, 568)]
    [InlineData(360, 640)]
    [InlineData(430, 932)]
    [InlineData(640, 360)]
    [InlineData(844, 390)]
    [InlineData(820, 1180)]
    [InlineData(1280, 800)]
    public async Task Fits_every_screen(int width, int height)
    {
        await using var page = await browser.OpenAsync(
            served.Server.Address, new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = width, Height = height }, HasTouch = true, IsMobile = width < 900 });
        await page.Page.Locator("summary").ClickAsync();
        await page.Page.EvaluateAsync("() => scrollTo(0, 0)");
        await page.DrawWithMouseAsync(DrawingPage.Strokes(3));
        await page.ExpectAsync(3);
        Assert.Equal(width, await page.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        Assert.Equal(width, await page.Page.EvaluateAsync<int>("() => innerWidth"));
        // Pad and probabilities are on the screen together, and the pad is square and large enough for a finger.
        var pad = (await page.Page.Locator("#pad").BoundingBoxAsync())!;
        var chart = (await page.Page.Locator("#chart").BoundingBoxAsync())!;
        Assert.Equal(pad.Width, pad.Height, 0.1f);
        Assert.InRange(pad.Width, 240, 420);
        Assert.InRange(Math.Max(pad.Y + pad.Height, chart.Y + chart.Height), 1, height);
        Assert.Empty(page.Complaints);
    }

    [SkippableFact]
    public async Task Asks_nobody_but_the_program()
    {
        await using var page = await browser.OpenAsync(served.Server.Address);
        await page.DrawWithMouseAsync(DrawingPage.Strokes(1));
        await page.ExpectAsync(1);
        Assert.Contains(served.Server.Address + "api/read", page.Requests);
        Assert.All(page.Requests, address => Assert.StartsWith(served.Server.Address.AbsoluteUri, address, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Follows_the_wish_for_darkness_and_for_calm()
    {
        await using var light = await browser.OpenAsync(served.Server.Address, new BrowserNewContextOptions { ColorScheme = ColorScheme.Light });
        await using var dark = await browser.OpenAsync(
            served.Server.Address, new BrowserNewContextOptions { ColorScheme = ColorScheme.Dark, ReducedMotion = ReducedMotion.Reduce });
        Assert.InRange(await Brightness(light, "body", "backgroundColor"), 200, 255);
        Assert.InRange(await Brightness(dark, "body", "backgroundColor"), 0, 60);
        await light.DrawWithMouseAsync(DrawingPage.Strokes(1));
        await dark.DrawWithMouseAsync(DrawingPage.Strokes(1));
        Assert.InRange(await Brightness(light, "#paper path", "stroke"), 0, 60);
        Assert.InRange(await Brightness(dark, "#paper path", "stroke"), 200, 255);
        Assert.NotEqual("0s", await Transition(light));
        Assert.Equal("0s", await Transition(dark));

        static Task<string> Transition(DrawingPage page) => page.Page.Locator("#chart .fill").First.EvaluateAsync<string>("e => getComputedStyle(e).transitionDuration");

        static Task<float> Brightness(DrawingPage page, string what, string property) => page.Page.Locator(what).First.EvaluateAsync<float>(
            "(e, property) => { const c = getComputedStyle(e)[property].match(/[0-9.]+/g).map(Number); return (c[0] + c[1] + c[2]) / 3; }", property);
    }

    [SkippableTheory, InlineData(ColorScheme.Light), InlineData(ColorScheme.Dark)]
    public async Task Nothing_stands_in_the_way_of_those_who_see_or_hear_it_otherwise(ColorScheme scheme)
    {
        await using var page = await browser.OpenAsync(served.Server.Address, new BrowserNewContextOptions { ColorScheme = scheme });
        await page.Page.Locator("summary").ClickAsync();
        await Check();
        await page.DrawWithMouseAsync(DrawingPage.Strokes(3));
        await page.ExpectAsync(3);
        await Check();

        async Task Check()
        {
            var found = await page.Page.RunAxe();
            Assert.Empty(found.Violations.Select(v => $"{v.Id}: {v.Help} {string.Join("; ", v.Nodes.Select(n => n.Html))}"));
        }
    }
}
