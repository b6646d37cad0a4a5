using System.Globalization;
using System.Runtime.InteropServices;

namespace Scorer.Serving;

/// <summary>
/// Gives each thread that answers requests a processor of its own, and keeps it awake: all other threads of the process go to the first processor, and where nobody
/// asks for anything, a thread of Linux's idle class turns in place, which gives way to everybody. A processor that sleeps is given to others (on a virtual machine, to
/// other guests), who leave nothing of the service in its caches. And asks for pages of 2 MB for the process's memory, so that what was pushed out
/// is found again without going through tables of pages.
/// </summary>
/// <remarks>It takes all but one of the processors whole, for as long as the service runs. Linux only; needs no special right.</remarks>
internal sealed partial class OwnProcessors(ILogger<OwnProcessors> logger) : IHostedLifecycleService, IDisposable
{
    /// <summary>What .NET calls its threads that see bytes come.</summary>
    private const string SocketThread = ".NET Sockets";

    private const int IdleClass = 5; // SCHED_IDLE of <sched.h>
    private const int AdviceHugePage = 14; // MADV_HUGEPAGE of <sys/mman.h>
    private const int HugePage = 2 << 20;

    /// <summary>Processors that a mask has room for.</summary>
    private const int MaskBits = 1024;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly int[] _processors = Allowed();
    private readonly ManualResetEventSlim _stops = new();

    /// <summary>Of threads that see bytes come: where they are.</summary>
    private readonly Dictionary<int, int> _answering = [];

    /// <summary>Of each processor but the first: the thread that turns there.</summary>
    private readonly int[] _turning = new int[Allowed().Length];

    /// <summary>Why it cannot be done here; null where it can.</summary>
    public static string? Obstacle() =>
        !OperatingSystem.IsLinux() ? "it is for Linux"
        : Allowed().Length < 2 ? $"it takes two processors at least, and this process may use {Allowed().Length}"
        : null;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        PreferLargePages();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        for (var i = 1; i < _processors.Length; i++)
        {
            var number = i;
            new Thread(() => Turn(number)) { Name = "awake", IsBackground = true }.Start();
        }

        // Once it is known which threads these are, so that they are not taken for others.
        SpinWait.SpinUntil(() => _turning.Count(thread => thread != 0) == _processors.Length - 1);
        new Thread(Watch) { Name = "processors", IsBackground = true }.Start();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stops.Set();

    /// <summary>Threads come and go, and a new one begins where the one that made it is.</summary>
    private void Watch()
    {
        do
        {
            Place();
        }
        while (!_stops.Wait(s_pause));
    }

    private void Place()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc/self/task"))
        {
            var thread = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
            if (_turning.Contains(thread))
                continue;
            string name;
            try
            {
                name = File.ReadAllText(Path.Combine(folder, "comm")).TrimEnd();
            }
            catch (IOException)
            {
                continue; // It has ended since.
            }
            Pin(thread, name == SocketThread ? ProcessorOf(thread) : _processors[0]);
        }
    }

    /// <summary>The processor of a thread that sees bytes come: those but the first, by turns.</summary>
    private int ProcessorOf(int thread)
    {
        if (!_answering.TryGetValue(thread, out var processor))
            _answering[thread] = processor = _processors[1 + _answering.Count % (_processors.Length - 1)];
        return processor;
    }

    /// <summary>Turns where the collector of garbage does not have to wait for it: so long a spin is outside managed code.</summary>
    private void Turn(int number)
    {
        const int Spins = 100_000, Here = 0;
        _turning[number] = ThreadId();
        if (!Pin(Here, _processors[number]) || SetScheduler(Here, IdleClass, 0) != 0)
        {
            LogAsleep(_processors[number], Marshal.GetLastPInvokeErrorMessage());
            return; // Of another class it would take the processor from the service.
        }
        while (!_stops.IsSet)
            Thread.SpinWait(Spins);
    }

    private static bool Pin(int thread, int processor)
    {
        var mask = new ulong[MaskBits / 64];
        mask[processor / 64] = 1UL << (processor % 64);
        return SetAffinity(thread, MaskBits / 8, mask) == 0;
    }

    private static int[] Allowed()
    {
        var mask = new ulong[MaskBits / 64];
        return OperatingSystem.IsLinux() && GetAffinity(0, MaskBits / 8, mask) == 0
            ? [.. Enumerable.Range(0, MaskBits).Where(i => (mask[i / 64] >> (i % 64) & 1) != 0)]
            : [];
    }

    /// <summary>For what the process has and what it has reserved, its managed memory above all. A wish: where it is not granted, nothing changes.</summary>
    private static void PreferLargePages()
    {
        foreach (var line in File.ReadAllLines("/proc/self/maps"))
        {
            // Begin-end rights offset device inode path: of no file, and its own.
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length != 5 || parts[1][3] != 'p' || parts[1][2] == 'x')
                continue;
            var dash = parts[0].IndexOf('-', StringComparison.Ordinal);
            var begin = nuint.Parse(parts[0].AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var end = nuint.Parse(parts[0].AsSpan(dash + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (end - begin >= HugePage)
                _ = Advise(begin, end - begin, AdviceHugePage);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Processor {Processor} may sleep while nobody asks for anything: a thread that keeps it awake cannot be had ({Reason})")]
    private partial void LogAsleep(int processor, string reason);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint bytes, ulong[] mask);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nuint bytes, [Out] ulong[] mask);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    private static partial int SetScheduler(int thread, int policy, in int priority);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint begin, nuint bytes, int advice);
}
