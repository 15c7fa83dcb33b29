using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>What Metadata answers from a view of the cluster.</summary>
internal static class MetadataAnswer
{
    private const int MaxTopicName = 249;

    /// <summary>The answer without topics.</summary>
    public static MetadataResponse Of(ClusterView view, string clusterId) => new()
    {
        Brokers = [.. view.Brokers.Select(b => new MetadataBroker { NodeId = b.Key, Host = b.Value.Host, Port = b.Value.Port })],
        ClusterId = clusterId,
        ControllerId = view.Brokers.ContainsKey(view.Controller) ? view.Controller : -1,
    };

    /// <summary>A topic that the view has.</summary>
    /// <remarks>A leader that isn't among the brokers listed is answered as none, with LEADER_NOT_AVAILABLE: a client couldn't reach it.</remarks>
    public static MetadataTopic Topic(ClusterView view, string name, ImmutableSortedDictionary<int, PartitionView> partitions) => new()
    {
        Name = name,
        IsInternal = InternalTopics.Contains(name),
        Partitions = [.. partitions.Values.Select(p =>
        {
            var reachable = view.Brokers.ContainsKey(p.Leader);
            return new MetadataPartition
            {
                Error = reachable ? ErrorCode.None : ErrorCode.LeaderNotAvailable,
                Index = p.Index,
                LeaderId = reachable ? p.Leader : -1,
                LeaderEpoch = p.LeaderEpoch,
                Replicas = p.Replicas,
                Isr = p.Isr,
                OfflineReplicas = [.. p.Replicas.Where(r => !view.Brokers.ContainsKey(r))],
            };
        })],
    };

    /// <summary>A topic that the view hasn't.</summary>
    public static MetadataTopic Missing(string name, ErrorCode error) => new() { Name = name, Error = error };

    /// <summary>Whether a topic may have this name: 1 to 249 of a–z, A–Z, 0–9, '.', '_' and '-', and neither "." nor "..".</summary>
    public static bool IsTopicName(string name) =>
        name.Length is > 0 and <= MaxTopicName && name is not ("." or "..") && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
