using System.Globalization;
using Reference.Broker.Configuration;
using Reference.Broker.Kafka.Client;
using Reference.Replication.Groups;

namespace Reference.Broker.Commands;

/// <summary>The settings of a group's member, by the names of Kafka's consumer.</summary>
internal static class GroupProperties
{
    private const string Session = "session.timeout.ms", Heartbeat = "heartbeat.interval.ms", MaxPoll = "max.poll.interval.ms", MaxRecords = "max.poll.records", Strategy = "partition.assignment.strategy",
        Reset = "auto.offset.reset", Instance = "group.instance.id", AutoCommit = "enable.auto.commit", AutoCommitMs = "auto.commit.interval.ms";

    /// <summary>Those that are known.</summary>
    public static readonly ImmutableArray<string> Names = [Session, Heartbeat, MaxPoll, MaxRecords, Strategy, Reset, Instance, AutoCommit, AutoCommitMs];

    /// <summary>Reads <c>name=value</c> pairs.</summary>
    /// <exception cref="UserError">An unknown name, or a value that isn't allowed.</exception>
    public static (ConsumerGroupSettings Membership, GroupReaderSettings Reading) Read(string topic, IReadOnlyList<string> pairs, bool fromBeginning)
    {
        var given = new Dictionary<string, string>();
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) throw new UserError($"--consumer-property {pair}: must be name=value");
            if (!Names.Contains(pair[..at])) throw new UserError($"--consumer-property {pair[..at]} isn't known: there are {string.Join(", ", Names)}");
            given[pair[..at]] = pair[(at + 1)..];
        }
        var session = Number(Session, 10_000);
        var heartbeat = Number(Heartbeat, Math.Min(3_000, Math.Max(1, session / 6)));
        if (heartbeat >= session) throw new UserError($"{Heartbeat}={heartbeat} must be less than {Session}={session}: a third of it or less is usual");
        var strategy = Text(Strategy, Assignor.Range).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (strategy.Length == 0 || strategy.Any(s => !Assignor.All.Contains(s)) || (strategy.Length > 1 && strategy.Contains(Assignor.CooperativeSticky)))
            throw new UserError($"{Strategy}={string.Join(',', strategy)}: must be some of {Assignor.Range} and {Assignor.RoundRobin}, or {Assignor.CooperativeSticky} alone");
        return (
            new([topic], [.. strategy], given.GetValueOrDefault(Instance), session, heartbeat, Number(MaxPoll, 300_000)),
            new()
            {
                MaxPollRecords = Number(MaxRecords, 500), FromEarliest = OneOf(Reset, fromBeginning ? "earliest" : "latest", "earliest", "latest") == "earliest",
                AutoCommit = OneOf(AutoCommit, "true", "true", "false") == "true", AutoCommitMs = Number(AutoCommitMs, 5_000),
            });

        string Text(string name, string otherwise) => given.GetValueOrDefault(name, otherwise);

        int Number(string name, int otherwise) => int.TryParse(Text(name, otherwise.ToString(CultureInfo.InvariantCulture)), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number : throw new UserError($"{name}={given[name]}: must be a whole number above 0");

        string OneOf(string name, string otherwise, params string[] allowed) => Text(name, otherwise) is var value && allowed.Contains(value) ? value : throw new UserError($"{name}={value}: must be one of {string.Join(", ", allowed)}");
    }
}
