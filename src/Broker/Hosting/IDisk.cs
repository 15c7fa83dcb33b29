namespace Reference.Broker.Hosting;

/// <summary>All that a host knows of storage: one folder, its files and their durability. What isn't flushed may be gone after a crash, from any point on.</summary>
/// <remarks>Paths are relative to the folder, with '/'. Errors are <see cref="IOException"/>.</remarks>
public interface IDisk
{
    /// <summary>The folder, for messages to people.</summary>
    string Root { get; }

    /// <summary>Whether a file is there.</summary>
    bool Exists(string path);

    /// <summary>The names (not paths) of files and folders in <paramref name="folder"/>, in ordinal order; empty if there is no such folder.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>Makes a folder, and those above it, if missing.</summary>
    void CreateFolder(string folder);

    /// <summary>Opens a file for reading and writing; makes an empty one if missing and <paramref name="create"/>.</summary>
    /// <exception cref="FileNotFoundException">Missing, and not to be created.</exception>
    IFile Open(string path, bool create);

    /// <summary>Renames a file over <paramref name="to"/>, atomically. Durable after <see cref="FlushFolder"/>.</summary>
    void Rename(string from, string to);

    /// <summary>Renames a folder. Durable after <see cref="FlushFolder"/>.</summary>
    void RenameFolder(string from, string to);

    /// <summary>Deletes a file; nothing happens if it's missing.</summary>
    void Delete(string path);

    /// <summary>Deletes a folder and all that is in it; nothing happens if it's missing.</summary>
    void DeleteFolder(string folder);

    /// <summary>Makes the names in a folder durable: what was created, renamed and deleted.</summary>
    void FlushFolder(string folder);

    /// <summary>Takes the folder for this process until disposed or the process ends; null if another process has it.</summary>
    IDisposable? TryLock(string path);

    /// <summary>The process that has the lock at <paramref name="path"/>, as far as it can be told; for the message when <see cref="TryLock"/> was refused.</summary>
    int? LockedBy(string path);
}

/// <summary>An open file. Reads and writes go to the page cache; <see cref="Flush"/> makes them durable.</summary>
public interface IFile : IDisposable
{
    /// <summary>The path that it was opened with.</summary>
    string Path { get; }

    /// <summary>Its length in bytes.</summary>
    long Length { get; }

    /// <summary>Reads at <paramref name="offset"/> into <paramref name="buffer"/>; returns how much was there, less only at the end of the file.</summary>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Writes all of <paramref name="bytes"/> at <paramref name="offset"/>, growing the file if needed.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Writes the parts one after the other at <paramref name="offset"/>, in one call where the platform can.</summary>
    void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> parts);

    /// <summary>Cuts or grows the file; what grows reads as zeros.</summary>
    void SetLength(long length);

    /// <summary>Reserves <paramref name="length"/> bytes filled with zeros that are on disk, so that later flushes write data only.</summary>
    void Preallocate(long length);

    /// <summary>Makes all writes so far durable (fdatasync). Blocks.</summary>
    void Flush();

    /// <summary>Makes all writes so far durable, on another thread.</summary>
    Task FlushAsync();
}
