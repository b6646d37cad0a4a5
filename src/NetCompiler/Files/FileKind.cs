using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>Tells files from what only looks like one. .NET does not.</summary>
internal static unsafe partial class FileKind
{
    // Of <fcntl.h>, <linux/stat.h> and <sys/stat.h>; the same on every processor.
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint TypeOnly = 1; // STATX_TYPE
    private const int ResultSize = 256;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000; // S_IFMT
    private const int Folder = 0x4000; // S_IFDIR
    private const int Regular = 0x8000; // S_IFREG

    /// <summary>Whether there is something, at the end of all links, that is neither a file nor a folder: a pipe, a socket or a device. Only Linux is asked; elsewhere it is not known.</summary>
    public static bool IsSpecial(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        byte* result = stackalloc byte[ResultSize];
        new Span<byte>(result, ResultSize).Clear();
        try
        {
            return Stat(CurrentFolder, path, 0, TypeOnly, result) == 0 && (*(ushort*)(result + ModeOffset) & TypeMask) is not (Regular or Folder);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false; // no C library of that name, or one older than 2018
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(int folder, string path, int flags, uint mask, byte* result);
}
