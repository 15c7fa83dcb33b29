using System.Globalization;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;

namespace Reference.Broker.Storage;

/// <summary><c>meta.properties</c>: whose folder this is.</summary>
/// <param name="BrokerId">The broker's number.</param>
/// <param name="ClusterId">The cluster's id; null in folders of brokers that wrote none.</param>
/// <param name="Directory">The name drawn once for this folder (<c>directory.id</c>); null in folders of brokers that drew none.</param>
public sealed record MetaProperties(int BrokerId, string? ClusterId, string? Directory = null)
{
    /// <summary>The file's name in the log directory.</summary>
    public const string Name = "meta.properties";

    /// <summary>What a folder says; null if it says nothing.</summary>
    /// <exception cref="UserError">Not a broker's folder, or of a version that isn't known.</exception>
    public static MetaProperties? Read(IDisk disk)
    {
        if (!disk.Exists(Name)) return null;
        var entries = TextFile.Read(disk, Name).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] is not ('#' or '!')).Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
            .Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);
        return entries.GetValueOrDefault("version") == "0"
            && int.TryParse(entries.GetValueOrDefault("broker.id"), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new(id, entries.GetValueOrDefault("cluster.id"), entries.GetValueOrDefault("directory.id"))
            : throw new UserError($"{Path.Combine(disk.Root, Name)} isn't a broker's meta.properties of version 0; choose another log.dirs, or restore the file");
    }

    /// <summary>Takes a folder for this broker and cluster, if it's new; refuses another's.</summary>
    /// <exception cref="UserError">The folder is of another broker or cluster.</exception>
    public void Claim(IDisk disk)
    {
        var there = Read(disk);
        if (there is not null && there.BrokerId != BrokerId)
            throw new UserError($"{disk.Root} belongs to broker {there.BrokerId}, and broker.id is {BrokerId}: choose another log.dirs, or give the broker its id back");
        if (there?.ClusterId is not null && there.ClusterId != ClusterId)
            throw new UserError($"{disk.Root} belongs to cluster {there.ClusterId}, and the ensemble's cluster is {ClusterId}: choose another log.dirs or zookeeper.connect");
        if (there != this)
            TextFile.Replace(disk, Name, string.Create(CultureInfo.InvariantCulture, $"#\ncluster.id={ClusterId}\nversion=0\nbroker.id={BrokerId}\n{(Directory is null ? "" : $"directory.id={Directory}\n")}"));
    }
}
