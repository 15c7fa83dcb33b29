using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Reference.Broker.Hosting;

/// <summary>A folder of the machine's file system.</summary>
public sealed class FileDisk : IDisk, IDisposable
{
    private readonly Flusher _flusher = new();

    /// <summary>The folder <paramref name="root"/>, made if missing.</summary>
    /// <exception cref="IOException">It can't be made.</exception>
    public FileDisk(string root)
    {
        Root = Path.GetFullPath(root);
        Directory.CreateDirectory(Root);
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public bool Exists(string path) => File.Exists(Full(path));

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string folder)
    {
        var full = Full(folder);
        if (!Directory.Exists(full)) return [];
        var names = Directory.EnumerateFileSystemEntries(full).Select(entry => Path.GetFileName(entry)!).ToArray();
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    public void CreateFolder(string folder) => Directory.CreateDirectory(Full(folder));

    /// <inheritdoc/>
    public IFile Open(string path, bool create)
    {
        var mode = create ? FileMode.OpenOrCreate : FileMode.Open;
        return new OpenFile(path, File.OpenHandle(Full(path), mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete), _flusher);
    }

    /// <inheritdoc/>
    public void Rename(string from, string to) => File.Move(Full(from), Full(to), overwrite: true);

    /// <inheritdoc/>
    public void RenameFolder(string from, string to) => Directory.Move(Full(from), Full(to));

    /// <inheritdoc/>
    public void Delete(string path)
    {
        if (File.Exists(Full(path))) File.Delete(Full(path));
    }

    /// <inheritdoc/>
    public void DeleteFolder(string folder)
    {
        if (Directory.Exists(Full(folder))) Directory.Delete(Full(folder), recursive: true);
    }

    /// <inheritdoc/>
    public void FlushFolder(string folder) => Posix.FlushFolder(Full(folder));

    /// <inheritdoc/>
    public IDisposable? TryLock(string path)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(Full(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(Full(path)))
        {
            return null;
        }

        RandomAccess.SetLength(handle, 0);
        RandomAccess.Write(handle, Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), 0);
        return handle;
    }

    /// <inheritdoc/>
    public int? LockedBy(string path)
    {
        using var handle = Posix.OpenAnyhow(Full(path));
        if (handle is null) return null;
        Span<byte> text = stackalloc byte[16];
        var length = RandomAccess.Read(handle, text, 0);
        return int.TryParse(Encoding.ASCII.GetString(text[..length]), out var pid) ? pid : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _flusher.Dispose();

    private string Full(string path) => Path.Combine(Root, path);

    private sealed class OpenFile(string path, SafeFileHandle handle, Flusher flusher) : IFile
    {
        private const int ZerosLength = 64 * 1024;
        private static readonly byte[] Zeros = new byte[ZerosLength];

        public string Path { get; } = path;

        public long Length => RandomAccess.GetLength(handle);

        public int Read(long offset, Span<byte> buffer)
        {
            var total = 0;
            while (total < buffer.Length)
            {
                var read = RandomAccess.Read(handle, buffer[total..], offset + total);
                if (read == 0) break;
                total += read;
            }
            return total;
        }

        public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(handle, bytes, offset);

        public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> parts) => RandomAccess.Write(handle, parts, offset);

        public void SetLength(long length) => RandomAccess.SetLength(handle, length);

        public void Preallocate(long length)
        {
            var at = Length;
            if (at >= length) return;
            for (; at < length; at += ZerosLength) Write(at, Zeros.AsSpan(0, (int)Math.Min(ZerosLength, length - at)));
            Flush();
        }

        public void Flush() => Posix.FlushData(handle);

        public Task FlushAsync() => flusher.FlushAsync(handle);

        public void Dispose() => handle.Dispose();
    }
}
