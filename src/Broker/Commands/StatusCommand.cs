using System.CommandLine;

namespace Reference.Broker.Commands;

/// <summary><c>status</c>: who leads, who follows, what is under-replicated.</summary>
public static class StatusCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var bootstrap = new Option<string>("--bootstrap-server") { Description = "Brokers to ask.", DefaultValueFactory = _ => "127.0.0.1:19092" };
        var ensemble = new Option<string>("--ensemble") { Description = "The ensemble's client addresses.", DefaultValueFactory = _ => "127.0.0.1:12181,127.0.0.1:12182,127.0.0.1:12183" };
        var command = new Command("status", "Show the ensemble, the brokers and the partitions.") { bootstrap, ensemble };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(bootstrap)!, parsed.GetValue(ensemble)!, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string bootstrap, string ensemble, CancellationToken cancellation)
    {
        var servers = new List<string[]>();
        foreach (var (host, port) in ClusterProbe.ParseAddresses(ensemble, "--ensemble"))
        {
            var answer = await ClusterProbe.FourLetterWord(host, port, "srvr", cancellation);
            servers.Add([$"{host}:{port}", answer is null ? "down" : ClusterProbe.Line(answer, "Mode: ") ?? "not serving", ClusterProbe.Line(answer, "Zxid: ") ?? "–", ClusterProbe.Line(answer, "Connections: ") ?? "–", ClusterProbe.Line(answer, "Node count: ") ?? "–"]);
        }
        Screen.Table(["ensemble server", "mode", "zxid", "connections", "znodes"], servers);

        Kafka.Messages.MetadataResponse? metadata = null;
        foreach (var (host, port) in ClusterProbe.ParseAddresses(bootstrap, "--bootstrap-server"))
            metadata ??= await ClusterProbe.Metadata($"{host}:{port}", null, cancellation);
        if (metadata is null)
        {
            Screen.Error($"no broker answers at {bootstrap}");
            return 1;
        }
        Screen.Table(["broker", "address", "role"], [.. metadata.Brokers.OrderBy(b => b.NodeId).Select(b => new[] { $"{b.NodeId}", $"{b.Host}:{b.Port}", b.NodeId == metadata.ControllerId ? "controller" : "" })]);
        var partitions = metadata.Topics.SelectMany(t => t.Partitions.Select(p => (Topic: t.Name, Partition: p))).ToList();
        var troubled = partitions.Where(p => p.Partition.LeaderId < 0 || p.Partition.Isr.Length < p.Partition.Replicas.Length).OrderBy(p => p.Topic, StringComparer.Ordinal).ThenBy(p => p.Partition.Index).ToList();
        Screen.Line($"{metadata.Topics.Length} topics, {partitions.Count} partitions, {partitions.Count(p => p.Partition.LeaderId < 0)} without a leader, {troubled.Count} under-replicated");
        if (troubled.Count > 0)
            Screen.Table(["topic", "partition", "leader", "replicas", "isr"], [.. troubled.Select(p => new[] { p.Topic, $"{p.Partition.Index}", p.Partition.LeaderId < 0 ? "none" : $"{p.Partition.LeaderId}", string.Join(',', p.Partition.Replicas), string.Join(',', p.Partition.Isr) })]);
        return 0;
    }
}
