namespace Reference.Broker.Kafka.Cluster;

/// <summary>What the machine calls the time since it was started: by it a broker knows whether what a killed process had appended is still in the page cache.</summary>
internal static class BootId
{
    private const string File = "/proc/sys/kernel/random/boot_id";

    /// <summary>The id; null where the system has none.</summary>
    public static string? Read() => System.IO.File.Exists(File) ? System.IO.File.ReadAllText(File).Trim() : null;
}
