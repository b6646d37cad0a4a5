using Digits.Data;
using Microsoft.Playwright;

namespace Digits.Tests.Serving;

/// <summary>The Chromium of this machine, without a window; tests that need it are skipped where there is none.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"];

    private static readonly string[] Elsewhere =
    [
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        @"C:\Program Files\Google\Chrome\Application\chrome.exe",
        @"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        if (Find() is not { } path)
            return;
        // A machine that compiles and trains beside it takes its time.
        Assertions.SetDefaultExpectTimeout(20_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = path });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>Opens the page.</summary>
    public async Task<DrawingPage> OpenAsync(Uri address, BrowserNewContextOptions? options = null)
    {
        Skip.If(_browser is null, "There is no Chromium here: the page is tested where one is installed (apt-get install chromium).");
        var context = await _browser.NewContextAsync(options);
        var page = await DrawingPage.OpenAsync(await context.NewPageAsync(), address);
        return page;
    }

    private static string? Find()
    {
        var folders = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? [];
        var ending = OperatingSystem.IsWindows() ? ".exe" : "";
        return Names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name + ending))).Concat(Elsewhere).FirstOrDefault(File.Exists);
    }
}

/// <summary>The page in a browser, and hands to use it with.</summary>
public sealed class DrawingPage : IAsyncDisposable
{
    private readonly List<string> _complaints = [];
    private readonly List<string> _requests = [];

    private DrawingPage(IPage page)
    {
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                Note(_complaints, message.Text);
        };
        page.PageError += (_, error) => Note(_complaints, error);
        page.Request += (_, request) => Note(_requests, request.Url);
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings in the browser's console.</summary>
    public IReadOnlyList<string> Complaints => Copy(_complaints);

    /// <summary>All addresses that were asked for.</summary>
    public IReadOnlyList<string> Requests => Copy(_requests);

    public static async Task<DrawingPage> OpenAsync(IPage page, Uri address)
    {
        var drawing = new DrawingPage(page);
        await page.GotoAsync(address.AbsoluteUri);
        // The stages are there once the network has been asked what it is.
        await page.Locator("#stages figure").Nth(2).WaitForAsync();
        return drawing;
    }

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();

    /// <summary>How a hand writes a digit: strokes through points of the pad, 0 to 1.</summary>
    public static (float X, float Y)[][] Strokes(int digit) => Array.ConvertAll(
        Glyphs.Ways[digit][0], stroke => Array.ConvertAll(stroke, p => (0.28f + 0.44f * p.X, 0.14f + 0.72f * p.Y)));

    /// <summary>A point of the pad on the screen.</summary>
    public async Task<Func<(float X, float Y), (float X, float Y)>> PlacesAsync()
    {
        var box = (await Page.Locator("#pad").BoundingBoxAsync())!;
        return p => (box.X + p.X * box.Width, box.Y + p.Y * box.Height);
    }

    public async Task DrawWithMouseAsync((float X, float Y)[][] strokes)
    {
        var place = await PlacesAsync();
        foreach (var stroke in strokes)
        {
            var (x, y) = place(stroke[0]);
            await Page.Mouse.MoveAsync(x, y);
            await Page.Mouse.DownAsync();
            foreach (var point in stroke.Skip(1))
            {
                (x, y) = place(point);
                await Page.Mouse.MoveAsync(x, y, new MouseMoveOptions { Steps = 4 });
            }
            await Page.Mouse.UpAsync();
        }
    }

    /// <summary>Draws with a finger; <paramref name="other"/> is where a second one rests meanwhile.</summary>
    public async Task DrawWithFingerAsync((float X, float Y)[][] strokes, (float X, float Y)? other = null)
    {
        var place = await PlacesAsync();
        var session = await Page.Context.NewCDPSessionAsync(Page);
        foreach (var stroke in strokes)
        {
            await Touch("touchStart", [stroke[0]]);
            if (other is { } second)
                await Touch("touchStart", [stroke[0], second]);
            foreach (var point in stroke.Skip(1))
                await Touch("touchMove", other is { } still ? [point, still] : [point]);
            await Touch("touchEnd", []);
        }

        Task Touch(string type, (float X, float Y)[] points) => session.SendAsync("Input.dispatchTouchEvent", new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["type"] = type,
            ["touchPoints"] = points.Select((p, id) => new { x = place(p).X, y = place(p).Y, id }).ToArray(),
        });
    }

    /// <summary>Presses keys one after the other, separated by spaces; <c>Key*5</c> presses it five times.</summary>
    public async Task PressAsync(string keys)
    {
        foreach (var key in keys.Split(' '))
        {
            var parts = key.Split('*');
            for (var i = 0; i < (parts.Length > 1 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 1); i++)
                await Page.Keyboard.PressAsync(parts[0]);
        }
    }

    /// <summary>Waits until the page reads this digit.</summary>
    public Task ExpectAsync(int digit) =>
        Assertions.Expect(Page.Locator("#digit")).ToHaveTextAsync(digit.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The height of each digit's bar, 0 to 1.</summary>
    public Task<float[]> BarsAsync() =>
        Page.EvaluateAsync<float[]>("() => [...document.querySelectorAll('#chart .fill')].map(f => Number(f.style.getPropertyValue('--share')))");

    /// <summary>All feature maps as they are painted, one text for each stage.</summary>
    public Task<string[]> MapsAsync() => Page.EvaluateAsync<string[]>(
        "() => [...document.querySelectorAll('#stages .gallery:not(.filters)')].map(g => [...g.querySelectorAll('canvas')].map(c => c.toDataURL()).join())");

    private static void Note(List<string> list, string text)
    {
        lock (list)
            list.Add(text);
    }

    private static string[] Copy(List<string> list)
    {
        lock (list)
            return [.. list];
    }
}
