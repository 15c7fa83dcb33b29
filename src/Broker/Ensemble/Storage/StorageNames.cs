using System.Globalization;
using Reference.Zab;

namespace Reference.Broker.Ensemble.Storage;

/// <summary>The names of the files in an ensemble server's data folder, as ZooKeeper has them.</summary>
internal static class StorageNames
{
    public const string Folder = "version-2", Temporary = ".tmp";
    public const string AcceptedEpoch = Folder + "/acceptedEpoch", CurrentEpoch = Folder + "/currentEpoch";
    public const string MyId = "myid", Members = Folder + "/members", Lock = "lock";

    /// <summary>The zxid in the name of a log or snapshot; null if the name isn't one of <paramref name="prefix"/>.</summary>
    public static Zxid? ZxidOf(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && long.TryParse(name.AsSpan(prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var zxid) ? new Zxid(zxid) : null;
}
