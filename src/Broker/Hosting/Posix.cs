using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Reference.Broker.Hosting;

/// <summary>The few calls of the operating system that .NET doesn't offer.</summary>
internal static partial class Posix
{
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;

    /// <summary>Makes a file's data, and what of its metadata is needed to read it, durable.</summary>
    public static void FlushData(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux()) RandomAccess.FlushToDisk(file);
        else if (FDataSync(file) != 0) throw Failed("fdatasync");
    }

    /// <summary>Makes the names in a folder durable. Windows does it by itself.</summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        using var handle = OpenAnyhow(folder) ?? throw Failed($"open {folder}");
        if (FSync(handle) != 0) throw Failed($"fsync {folder}");
    }

    /// <summary>Opens a folder, or a file that another process has locked, for reading; null if the platform or the file doesn't let us.</summary>
    public static SafeFileHandle? OpenAnyhow(string path)
    {
        if (OperatingSystem.IsWindows()) return null;
        var descriptor = Open(path, ReadOnly | (OperatingSystem.IsLinux() ? CloseOnExec : 0));
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static IOException Failed(string call) => new($"{call} failed: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
