using System.Globalization;
using System.Text;
using Reference.Broker.Hosting;
using Reference.Broker.Storage;

namespace Reference.Broker.Ensemble.Storage;

/// <summary>An epoch in a file of its own: the number on the first line, as ZooKeeper has it, the CRC-32C of that line, hexadecimal, on the second.</summary>
internal static class EpochFile
{
    /// <summary>The epoch; null if there is no such file.</summary>
    /// <exception cref="CorruptFileException">It isn't what was written.</exception>
    public static int? Read(IDisk disk, string path)
    {
        if (!disk.Exists(path)) return null;
        using var file = disk.Open(path, create: false);
        var bytes = new byte[Math.Min(file.Length, 64)];
        file.Read(0, bytes);
        var lines = Encoding.ASCII.GetString(bytes).Split('\n');
        if (lines.Length == 3 && int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && lines[1] == ChecksumOf(lines[0])) return epoch;
        throw LogContent.Corrupt(disk, path, 0, "the epoch fails its checksum");
    }

    /// <summary>Replaces the epoch, at once and for good.</summary>
    public static Task WriteAsync(IDisk disk, string path, int epoch) => AtomicFile.WriteAsync(disk, path, BytesOf(epoch));

    /// <summary>Epoch 0, where there is no such file yet.</summary>
    public static void Begin(IDisk disk, string path)
    {
        if (!disk.Exists(path)) AtomicFile.Write(disk, path, BytesOf(0));
    }

    private static byte[] BytesOf(int epoch)
    {
        var line = epoch.ToString(CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes($"{line}\n{ChecksumOf(line)}\n");
    }

    private static string ChecksumOf(string line) => Crc32C.Of(Encoding.ASCII.GetBytes(line)).ToString("x8", CultureInfo.InvariantCulture);
}
