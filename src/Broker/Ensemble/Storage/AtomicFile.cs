using Reference.Broker.Hosting;

namespace Reference.Broker.Ensemble.Storage;

/// <summary>Replaces a file by a temporary one: written, synced, renamed, the folder synced. A crash leaves the old or the new, never a part.</summary>
internal static class AtomicFile
{
    /// <summary>The same while a server starts, when nothing waits for its thread.</summary>
    public static void Write(IDisk disk, string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + StorageNames.Temporary;
        using (var file = disk.Open(temporary, create: true))
        {
            file.SetLength(0);
            file.Write(0, content);
            file.Flush();
        }
        disk.Rename(temporary, path);
        disk.FlushFolder(Path.GetDirectoryName(path) ?? "");
    }

    public static async Task WriteAsync(IDisk disk, string path, ReadOnlyMemory<byte> content)
    {
        var temporary = path + StorageNames.Temporary;
        using (var file = disk.Open(temporary, create: true))
        {
            file.SetLength(0);
            file.Write(0, content.Span);
            await file.FlushAsync().ConfigureAwait(false);
        }
        disk.Rename(temporary, path);
        disk.FlushFolder(Path.GetDirectoryName(path) ?? "");
    }
}
