using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using Reference.Broker.Configuration;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Protocol;
using Reference.Replication.Groups;

namespace Reference.Broker.Commands;

/// <summary><c>consume</c>: the records of a topic to standard output, partitions by choice or as a member of a group.</summary>
public static class ConsumeCommand
{
    private static readonly Option<string> Bootstrap = ClientCommands.Bootstrap();
    private static readonly Option<string> Topic = new("--topic") { Description = "The topic.", Required = true };
    private static readonly Option<int?> Partition = new("--partition") { Description = "One partition; without it, all." };
    private static readonly Option<long?> Offset = new("--offset") { Description = "Where to begin in that partition." };
    private static readonly Option<bool> Beginning = new("--from-beginning") { Description = "Begin with the first record kept; else with the next one. In a group: where it has committed nothing." };
    private static readonly Option<long?> Most = new("--max-messages") { Description = "End after as many records." };
    private static readonly Option<bool> ToEnd = new("--exit-at-end") { Description = "End where the partitions ended at the start." };
    private static readonly Option<bool> PrintKey = new("--print-key") { Description = "Write the key and a tab before the value." };
    private static readonly Option<bool> PrintOffset = new("--print-offset") { Description = "Write partition and offset first." };
    private static readonly Option<string?> Group = new("--group") { Description = "Share the topic with the other members of this group, and commit." };
    private static readonly Option<string[]> Property = new("--consumer-property") { Description = "A setting of a member, name=value: " + string.Join(", ", GroupProperties.Names) + ".", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<int> Processing = new("--processing-time-ms") { Description = "In a group: spend so long on each record, as an application would.", DefaultValueFactory = _ => 0 };

    /// <summary>The command.</summary>
    public static Command Make()
    {
        var command = new Command("consume", "Write the records of a topic, a line each.") { Bootstrap, Topic, Partition, Offset, Beginning, Most, ToEnd, PrintKey, PrintOffset, Group, Property, Processing };
        command.SetAction((parsed, cancellation) => ClientCommands.WithCluster(parsed.GetValue(Bootstrap)!, cluster =>
            parsed.GetValue(Group) is { } group ? AsMember(parsed, cluster, group, cancellation) : ByChoice(parsed, cluster, cancellation)));
        return command;
    }

    private static async Task<int> ByChoice(ParseResult parsed, ClusterClient cluster, CancellationToken cancellation)
    {
        var name = parsed.GetValue(Topic)!;
        if (parsed.GetValue(Offset) is not null && parsed.GetValue(Partition) is null) throw new UserError("--offset needs --partition");
        var admin = new AdminClient(cluster);
        var metadata = (await admin.MetadataAsync([name])).Topics[0];
        if (metadata.Error != ErrorCode.None) throw new KafkaException(metadata.Error, $"topic {name}");
        var consumer = new Consumer(cluster, new());
        var ends = new Dictionary<int, long>();
        foreach (var index in metadata.Partitions.Select(p => p.Index).Where(i => parsed.GetValue(Partition) is not { } one || one == i).Order())
        {
            ends[index] = await admin.OffsetAsync(name, index, -1);
            consumer.Assign(name, index, parsed.GetValue(Offset) ?? (parsed.GetValue(Beginning) ? await admin.OffsetAsync(name, index, -2) : ends[index]));
        }
        if (ends.Count == 0) throw new UserError($"topic {name} has no partition {parsed.GetValue(Partition)}: it has {metadata.Partitions.Length}");
        await using var output = Output();
        long seen = 0;
        while (!cancellation.IsCancellationRequested)
        {
            if (parsed.GetValue(ToEnd) && ends.All(e => consumer.Positions[(name, e.Key)] >= e.Value)) break;
            foreach (var record in await consumer.PollAsync())
            {
                if (parsed.GetValue(ToEnd) && record.Offset >= ends[record.Partition]) continue;
                Write(parsed, output, record);
                if (++seen == parsed.GetValue(Most)) return 0;
            }
            await output.FlushAsync(CancellationToken.None);
        }
        return 0;
    }

    private static async Task<int> AsMember(ParseResult parsed, ClusterClient cluster, string group, CancellationToken cancellation)
    {
        if (parsed.GetValue(Partition) is not null || parsed.GetValue(ToEnd)) throw new UserError("--group shares the partitions out among its members: it doesn't go with --partition, --offset or --exit-at-end");
        var topic = parsed.GetValue(Topic)!;
        var metadata = (await new AdminClient(cluster).MetadataAsync([topic])).Topics[0];
        if (metadata.Error != ErrorCode.None) throw new KafkaException(metadata.Error, $"topic {topic}");
        var (membership, settings) = GroupProperties.Read(topic, parsed.GetValue(Property) ?? [], parsed.GetValue(Beginning));
        await using var reader = new GroupReader(cluster, ClusterProbe.Client(parsed.GetValue(Bootstrap)!), group, membership, settings, what => Screen.Error($"group {group}: {what}"));
        await using var output = Output();
        long seen = 0;
        while (!cancellation.IsCancellationRequested && seen != parsed.GetValue(Most))
        {
            foreach (var record in await reader.PollAsync())
            {
                Write(parsed, output, record);
                await output.FlushAsync(CancellationToken.None);
                if (parsed.GetValue(Processing) is > 0 and var ms) await Task.Delay(ms, CancellationToken.None);
                if (++seen == parsed.GetValue(Most) || cancellation.IsCancellationRequested) break;
            }
        }
        await reader.CloseAsync();
        return 0;
    }

    private static StreamWriter Output() => new(Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 16);

    private static void Write(ParseResult parsed, StreamWriter output, ConsumedRecord record)
    {
        if (parsed.GetValue(PrintOffset)) output.Write(string.Create(CultureInfo.InvariantCulture, $"{record.Partition}\t{record.Offset}\t"));
        if (parsed.GetValue(PrintKey)) output.Write($"{(record.Key is null ? "null" : Encoding.UTF8.GetString(record.Key))}\t");
        output.WriteLine(record.Value is null ? "null" : Encoding.UTF8.GetString(record.Value));
    }
}
