using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NetCompiler.Benchmarks.Compare;

/// <summary>A level of the memory hierarchy.</summary>
/// <param name="Name">L1, L2, L3, memory.</param>
/// <param name="Size">In bytes; of one core's, or shared.</param>
/// <param name="BytesPerSecond">Read, by all the threads together.</param>
internal sealed record Level(string Name, long Size, double BytesPerSecond);

/// <summary>What this machine can do at most, measured with small kernels in the same process.</summary>
/// <param name="Threads">Threads that measured together.</param>
/// <param name="FlopsPerSecond">Of multiply-adds that count 2 each.</param>
/// <param name="Levels">From the nearest.</param>
internal sealed record Machine(int Threads, double FlopsPerSecond, IReadOnlyList<Level> Levels)
{
    private const int Tries = 15;

    /// <summary>The nearest level that holds so much; the last holds all.</summary>
    public Level LevelOf(long bytes) => Levels.FirstOrDefault(l => bytes <= l.Size) ?? Levels[^1];

    /// <summary>Seconds that nothing can do with less.</summary>
    public double Limit(Case which) => Math.Max(Arithmetic(which), Reading(which));

    /// <summary>Its weights come from beyond the nearest level, and that takes longer than the arithmetic.</summary>
    public bool WaitsForWeights(Case which) => LevelOf(which.Footprint) != Levels[0] && Reading(which) > Arithmetic(which);

    private double Arithmetic(Case which) => which.Flops / FlopsPerSecond;

    private double Reading(Case which) => which.Bytes / LevelOf(which.Footprint).BytesPerSecond;

    public static Machine Measure(int threads)
    {
        var flops = Best(threads, _ => Vector512.IsHardwareAccelerated ? (Action<int>)Arithmetic512 : Arithmetic256, work: 100_000);
        flops *= Vector512.IsHardwareAccelerated ? Vector512<float>.Count : Vector256<float>.Count;
        var levels = new List<Level>();
        foreach (var (name, size, shared) in CacheSizes())
        {
            // Half of a level, for there is more in it. Of a shared one only what clearly does not fit in the level before: neighbours and pages of 4 KB make
            // all of it slower than the part that a network's weights are in. Of the memory beyond, much more than the last cache holds.
            var part = size == long.MaxValue ? 1L << 28 : shared ? Math.Min(size / 2 / threads, 4 * levels.Select(l => l.Size).LastOrDefault(size)) : size / 2;
            var length = (int)(part / sizeof(float)) & ~(StreamStep - 1);
            var repeats = (int)Math.Max(1, (1L << 24) / ((long)length * sizeof(float)));
            var bytes = Best(threads, _ => Streaming(length), repeats) * length * sizeof(float);
            levels.Add(new(name, size, bytes));
        }

        return new(threads, flops * 2 * Accumulators, levels);
    }

    /// <summary>Floats of one step of the loops that read.</summary>
    public const int StreamStep = 128;

    private const int Accumulators = 12;

    /// <summary>Units of work done in a second, by all threads together; the best of several tries.</summary>
    private static double Best(int threads, Func<int, Action<int>> kernel, int work)
    {
        double best = 0;
        var kernels = Enumerable.Range(0, threads).Select(kernel).ToArray();
        for (var i = 0; i < Tries; i++)
        {
            using var ready = new Barrier(threads);
            var seconds = new double[threads];
            void RunOne(int thread)
            {
                kernels[thread](Math.Max(1, work / 10));
                ready.SignalAndWait();
                var begin = Stopwatch.GetTimestamp();
                kernels[thread](work);
                seconds[thread] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            }

            var others = Enumerable.Range(1, threads - 1).Select(t => new Thread(() => RunOne(t))).ToList();
            others.ForEach(t => t.Start());
            RunOne(0);
            others.ForEach(t => t.Join());
            best = Math.Max(best, threads * work / seconds.Max());
            Thread.Sleep(20);
        }

        return best;
    }

    // Twelve independent sums: enough to hide the latency of a multiply-add on every current processor (2 a cycle, up to 5 cycles), few enough for 16 registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Arithmetic256(int count)
    {
        var x = Vector256.Create(0.999f);
        var y = Vector256.Create(1e-3f);
        Vector256<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (; count > 0; count--)
        {
            a = Vector256.FusedMultiplyAdd(a, x, y);
            b = Vector256.FusedMultiplyAdd(b, x, y);
            c = Vector256.FusedMultiplyAdd(c, x, y);
            d = Vector256.FusedMultiplyAdd(d, x, y);
            e = Vector256.FusedMultiplyAdd(e, x, y);
            f = Vector256.FusedMultiplyAdd(f, x, y);
            g = Vector256.FusedMultiplyAdd(g, x, y);
            h = Vector256.FusedMultiplyAdd(h, x, y);
            i = Vector256.FusedMultiplyAdd(i, x, y);
            j = Vector256.FusedMultiplyAdd(j, x, y);
            k = Vector256.FusedMultiplyAdd(k, x, y);
            l = Vector256.FusedMultiplyAdd(l, x, y);
        }

        Keep(Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Arithmetic512(int count)
    {
        var x = Vector512.Create(0.999f);
        var y = Vector512.Create(1e-3f);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (; count > 0; count--)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
        }

        Keep(Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l));
    }

    private static unsafe Action<int> Streaming(int length)
    {
        // Pinned, and begun on a cache line.
        var buffer = GC.AllocateArray<float>(length + 16, pinned: true);
        buffer.AsSpan().Fill(1);
        var start = (nint)(((ulong)(nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(buffer)) + 63) & ~63UL);
        return repeats =>
        {
            Stream((float*)start, length, repeats);
            GC.KeepAlive(buffer);
        };
    }

    /// <summary>Reads so many floats again and again, and does nothing with them but sums.</summary>
    /// <param name="data">On a boundary of 64 bytes.</param>
    /// <param name="length">A multiple of <see cref="StreamStep"/>.</param>
    /// <param name="repeats">How often.</param>
    public static unsafe void Stream(float* data, int length, int repeats)
    {
        if (Vector512.IsHardwareAccelerated) Stream512(data, length, repeats);
        else Stream256(data, length, repeats);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe void Stream256(float* data, int length, int repeats)
    {
        Vector256<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (var end = data + length; repeats > 0; repeats--)
        {
            for (var at = data; at < end; at += 64)
            {
                a += Vector256.LoadAligned(at);
                b += Vector256.LoadAligned(at + 8);
                c += Vector256.LoadAligned(at + 16);
                d += Vector256.LoadAligned(at + 24);
                e += Vector256.LoadAligned(at + 32);
                f += Vector256.LoadAligned(at + 40);
                g += Vector256.LoadAligned(at + 48);
                h += Vector256.LoadAligned(at + 56);
            }
        }

        Keep(Vector256.Sum(a + b + c + d + e + f + g + h));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe void Stream512(float* data, int length, int repeats)
    {
        Vector512<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (var end = data + length; repeats > 0; repeats--)
        {
            for (var at = data; at < end; at += 128)
            {
                a += Vector512.LoadAligned(at);
                b += Vector512.LoadAligned(at + 16);
                c += Vector512.LoadAligned(at + 32);
                d += Vector512.LoadAligned(at + 48);
                e += Vector512.LoadAligned(at + 64);
                f += Vector512.LoadAligned(at + 80);
                g += Vector512.LoadAligned(at + 96);
                h += Vector512.LoadAligned(at + 112);
            }
        }

        Keep(Vector512.Sum(a + b + c + d + e + f + g + h));
    }

    /// <summary>Something that the compiler cannot know to be useless.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Keep(float value)
    {
        if (value == -1) Console.Out.Flush();
    }

    /// <summary>The first core's data caches, and the memory; usual sizes where the system does not tell.</summary>
    private static List<(string Name, long Size, bool Shared)> CacheSizes()
    {
        const string Folder = "/sys/devices/system/cpu/cpu0/cache";
        var levels = new List<(string Name, long Size, bool Shared)>();
        if (Directory.Exists(Folder))
        {
            foreach (var cache in Directory.GetDirectories(Folder, "index*").Order(StringComparer.Ordinal))
            {
                if (Read(cache, "type") == "Instruction") continue;
                var size = Read(cache, "size");
                var bytes = long.Parse(size.TrimEnd('K', 'M'), System.Globalization.CultureInfo.InvariantCulture) << (size.EndsWith('M') ? 20 : 10);
                levels.Add(("L" + Read(cache, "level"), bytes, Read(cache, "shared_cpu_list").AsSpan().IndexOfAny(",-") >= 0));
            }
        }

        if (levels.Count == 0) levels = [("L1", 32 << 10, false), ("L2", 512 << 10, false), ("L3", 16 << 20, true)];
        levels.Add(("memory", long.MaxValue, true));
        return levels;

        static string Read(string cache, string file) => File.ReadAllText(Path.Combine(cache, file)).Trim();
    }
}
