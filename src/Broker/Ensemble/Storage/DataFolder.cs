using System.Globalization;
using System.Text;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;

namespace Reference.Broker.Ensemble.Storage;

/// <summary>Takes a data folder for one server: no other process may have it, and it must be this server's of this ensemble.</summary>
internal static class DataFolder
{
    /// <summary>Takes the folder until disposed.</summary>
    /// <exception cref="UserError">It's in use, or another server's, or another ensemble's.</exception>
    public static IDisposable Claim(IDisk disk, int myId, IEnumerable<int> members)
    {
        disk.CreateFolder(StorageNames.Folder);
        var claim = disk.TryLock(StorageNames.Lock);
        if (claim is null)
        {
            var holder = disk.LockedBy(StorageNames.Lock) is { } pid ? $"process {pid}" : "another process";
            throw new UserError($"{disk.Root} is in use by {holder}: stop it, or give this server a dataDir of its own");
        }

        try
        {
            Check(disk, StorageNames.MyId, myId.ToString(CultureInfo.InvariantCulture), "server");
            Check(disk, StorageNames.Members, string.Join(",", members), "the ensemble of servers");
            return claim;
        }
        catch (UserError)
        {
            claim.Dispose();
            throw;
        }
    }

    private static void Check(IDisk disk, string path, string expected, string what)
    {
        using var file = disk.Open(path, create: true);
        var bytes = new byte[Math.Min(file.Length, 4096)];
        file.Read(0, bytes);
        var found = Encoding.ASCII.GetString(bytes).Trim();
        if (found == expected) return;
        if (found.Length > 0) throw new UserError($"{disk.Root} holds the data of {what} {found}, and this is {what} {expected}: give it its own dataDir, or correct {path} if it is wrong");
        file.Write(0, Encoding.ASCII.GetBytes(expected + "\n"));
        file.Flush();
    }
}
