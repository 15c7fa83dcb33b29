using System.CommandLine;
using System.Globalization;
using System.Text;
using Reference.Broker.Configuration;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Storage;

namespace Reference.Broker.Commands;

/// <summary><c>topics</c> and <c>produce</c>: the options of Kafka's own tools.</summary>
public static class ClientCommands
{
    internal static Option<string> Bootstrap() => new("--bootstrap-server") { Description = "Brokers to begin with: host:port,host:port.", DefaultValueFactory = _ => "127.0.0.1:19092" };

    /// <summary>Creates, lists, describes, grows and deletes topics.</summary>
    public static Command MakeTopics()
    {
        var bootstrap = Bootstrap();
        var create = new Option<bool>("--create") { Description = "Create a topic." };
        var list = new Option<bool>("--list") { Description = "List the topics." };
        var describe = new Option<bool>("--describe") { Description = "Show partitions, leaders, replicas and in-sync replicas." };
        var alter = new Option<bool>("--alter") { Description = "Give a topic more partitions." };
        var delete = new Option<bool>("--delete") { Description = "Delete a topic." };
        var topic = new Option<string?>("--topic") { Description = "The topic." };
        var partitions = new Option<int?>("--partitions") { Description = "How many partitions." };
        var factor = new Option<short?>("--replication-factor") { Description = "How many replicas of each." };
        var config = new Option<string[]>("--config") { Description = "A setting of the new topic: name=value." };
        var ifNotExists = new Option<bool>("--if-not-exists") { Description = "Creating a topic that is there is no error." };
        var command = new Command("topics", "Create, list, describe, grow and delete topics.") { bootstrap, create, list, describe, alter, delete, topic, partitions, factor, config, ifNotExists };
        command.SetAction((parsed, _) => WithCluster(parsed.GetValue(bootstrap)!, async cluster =>
        {
            var admin = new AdminClient(cluster);
            var name = parsed.GetValue(topic);
            switch (parsed.GetValue(create), parsed.GetValue(list), parsed.GetValue(describe), parsed.GetValue(alter), parsed.GetValue(delete))
            {
                case (true, false, false, false, false):
                    var wanted = new CreatableTopic
                    {
                        Name = Required(name), PartitionCount = parsed.GetValue(partitions) ?? -1, ReplicationFactor = parsed.GetValue(factor) ?? -1,
                        Configs = [.. (parsed.GetValue(config) ?? []).Select(Setting)],
                    };
                    var created = (await admin.CreateTopicsAsync(wanted))[0];
                    if (created.Error == ErrorCode.TopicAlreadyExists && parsed.GetValue(ifNotExists)) return 0;
                    return Report(created.Error, created.ErrorMessage, $"created topic {created.Name}");
                case (false, true, false, false, false):
                    foreach (var each in (await admin.MetadataAsync()).Topics.OrderBy(t => t.Name, StringComparer.Ordinal)) Screen.Line(each.Name);
                    return 0;
                case (false, false, true, false, false):
                    return Describe(await admin.MetadataAsync(name is null ? null : [name]));
                case (false, false, false, true, false):
                    var count = parsed.GetValue(partitions) ?? throw new UserError("--alter needs --partitions, the new number");
                    var grown = (await admin.CreatePartitionsAsync(new CreatePartitionsTopic { Name = Required(name), Count = count }))[0];
                    return Report(grown.Error, grown.ErrorMessage, $"topic {grown.Name} has {count} partitions");
                case (false, false, false, false, true):
                    var deleted = (await admin.DeleteTopicsAsync(Required(name)))[0];
                    return Report(deleted.Error, null, $"deleted topic {deleted.Name}");
                default:
                    throw new UserError("say one of --create, --list, --describe, --alter, --delete");
            }
        }));
        return command;
    }

    /// <summary>Produces the lines of standard input.</summary>
    public static Command MakeProduce()
    {
        var bootstrap = Bootstrap();
        var topic = new Option<string>("--topic") { Description = "The topic.", Required = true };
        var separator = new Option<string?>("--key-separator") { Description = "What stands before it in a line is the key; without this option records have no key." };
        var acks = new Option<string>("--acks") { Description = "Whose copies to wait for: 0, 1 or all.", DefaultValueFactory = _ => "all" };
        acks.AcceptOnlyFromAmong("0", "1", "all", "-1");
        var codec = new Option<string>("--compression-codec") { Description = "none, gzip, snappy, lz4 or zstd.", DefaultValueFactory = _ => "none" };
        codec.AcceptOnlyFromAmong("none", "gzip", "snappy", "lz4", "zstd");
        var idempotence = new Option<bool?>("--enable-idempotence") { Description = "Number the batches, so that none is written twice; needs --acks all, with which it is the default." };
        var command = new Command("produce", "Produce each line of standard input.") { bootstrap, topic, separator, acks, codec, idempotence };
        command.SetAction((parsed, cancellation) => WithCluster(parsed.GetValue(bootstrap)!, async cluster =>
        {
            var all = parsed.GetValue(acks) is "all" or "-1";
            if (!all && parsed.GetValue(idempotence) == true) throw new UserError($"--enable-idempotence needs --acks all, not {parsed.GetValue(acks)}");
            var settings = new ProducerSettings
            {
                Acks = all ? (short)-1 : short.Parse(parsed.GetValue(acks)!, CultureInfo.InvariantCulture),
                Idempotent = parsed.GetValue(idempotence) ?? all,
                LingerMs = 5,
                Compression = Enum.Parse<Compression>(parsed.GetValue(codec)!, ignoreCase: true),
            };
            using var producer = new Producer(cluster, settings);
            long delivered = 0, failed = 0;
            var firstError = ErrorCode.None;
            using var input = new StreamReader(Console.OpenStandardInput());
            while (await input.ReadLineAsync(cancellation) is { } line)
            {
                var at = parsed.GetValue(separator) is { } mark ? line.IndexOf(mark, StringComparison.Ordinal) : -1;
                var key = at >= 0 ? Encoding.UTF8.GetBytes(line[..at]) : null;
                var value = Encoding.UTF8.GetBytes(at >= 0 ? line[(at + parsed.GetValue(separator)!.Length)..] : line);
                await producer.PostAsync(parsed.GetValue(topic)!, key, value, delivery =>
                {
                    if (delivery.Error == ErrorCode.None) Interlocked.Increment(ref delivered);
                    else if (Interlocked.Increment(ref failed) == 1) firstError = delivery.Error;
                });
            }
            await producer.FlushAsync();
            Screen.Error($"delivered {delivered}{(failed > 0 ? $", failed {failed} (first: {firstError})" : "")}");
            return failed == 0 ? 0 : 1;
        }));
        return command;
    }

    /// <summary>Runs with a client; what the cluster refuses is one line and exit code 1.</summary>
    internal static async Task<int> WithCluster(string bootstrap, Func<ClusterClient, Task<int>> run)
    {
        using var cluster = ClusterProbe.Client(bootstrap);
        try
        {
            return await run(cluster);
        }
        catch (KafkaException e)
        {
            Screen.Error(e.Message);
            return 1;
        }
        catch (IOException e)
        {
            Screen.Error($"{bootstrap}: no broker answers ({e.Message}): is the cluster running, and is --bootstrap-server right?");
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 1;
        }
    }

    private static int Describe(MetadataResponse metadata)
    {
        var wrong = metadata.Topics.FirstOrDefault(t => t.Error != ErrorCode.None);
        if (wrong is not null) return Report(wrong.Error, $"topic {wrong.Name}", "");
        Screen.Table(["topic", "partition", "leader", "epoch", "replicas", "isr"],
            [.. from topic in metadata.Topics.OrderBy(t => t.Name, StringComparer.Ordinal)
                from partition in topic.Partitions.OrderBy(p => p.Index)
                select new[] { topic.Name, $"{partition.Index}", partition.LeaderId < 0 ? "none" : $"{partition.LeaderId}", $"{partition.LeaderEpoch}", string.Join(',', partition.Replicas), string.Join(',', partition.Isr) }]);
        return 0;
    }

    private static int Report(ErrorCode error, string? message, string success)
    {
        if (error == ErrorCode.None) Screen.Line(success);
        else Screen.Error($"{error}{(string.IsNullOrEmpty(message) ? "" : $": {message}")}");
        return error == ErrorCode.None ? 0 : 1;
    }

    private static string Required(string? topic) => topic ?? throw new UserError("--topic is missing: name the topic");

    private static TopicSetting Setting(string assignment)
    {
        var at = assignment.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? new() { Name = assignment[..at], Value = assignment[(at + 1)..] } : throw new UserError($"--config {assignment}: must be name=value");
    }
}
