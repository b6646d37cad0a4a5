namespace NetCompiler;

/// <summary>Replaces a file so that whatever happens there is the whole old one or the whole new one.</summary>
internal static class AtomicFile
{
    /// <summary>Writes beside the file, through to the disk, and renames.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        string target = Target(path);
        string temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>The file that is replaced. So far as that can be told without writing, it can be.</summary>
    /// <exception cref="IOException">It is a folder or a device, or in no folder.</exception>
    public static string Target(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string target = Path.GetFullPath(path);

        // A rename would put a file in its place, and whoever reads there (or the whole system, of a device) would wait for it in vain.
        if (FileKind.IsSpecial(target))
        {
            throw new IOException($"'{path}' is a pipe, a socket or a device, which a file cannot replace. Give the name of a file, or save to a stream.");
        }

        // Through a link, so that the file that it names is replaced and not the link.
        if (new FileInfo(target) is { LinkTarget: not null } link)
        {
            target = link.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? target;
        }

        if (Directory.Exists(target) || Path.EndsInDirectorySeparator(target))
        {
            throw new IOException($"'{path}' is a folder. Give the name of a file.");
        }

        string folder = Path.GetDirectoryName(target)!;
        return Directory.Exists(folder) ? target : throw new DirectoryNotFoundException(
            $"'{path}' cannot be written: there is no folder '{folder}'. Make it first, or give another path.");
    }
}
