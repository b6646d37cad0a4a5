using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>
/// Asks Linux to back large blocks with pages of 2 MB. Training goes through tens of megabytes column by column, another row every few nanoseconds: with pages of 4 KB it waits for the tables
/// in which the processor looks up where a page is. Other systems give such pages to nobody who has no special right.
/// </summary>
internal static unsafe partial class LargePages
{
    /// <summary>In bytes.</summary>
    public const int Size = 2 << 20;

    private const int AdviceHugePage = 14; // MADV_HUGEPAGE of <sys/mman.h>

    private static bool s_areUnknown = !OperatingSystem.IsLinux();

    /// <summary>A block of so many bytes, which fills one at least, should begin where such a page does.</summary>
    public static bool Suit(long bytes) => bytes >= Size && !s_areUnknown;

    /// <summary>To be called before the block is first used. It is a wish: if it is not granted, nothing else changes.</summary>
    /// <param name="block">Where a page of <see cref="Size"/> begins.</param>
    /// <param name="bytes">Its length; what is beyond whole pages stays as it is.</param>
    public static void Prefer(void* block, long bytes)
    {
        try
        {
            _ = Advise(block, (nuint)(bytes / Size * Size), AdviceHugePage);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            s_areUnknown = true;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* block, nuint bytes, int advice);
}
