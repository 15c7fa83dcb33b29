using Reference.Broker.Kafka.Messages;
using Reference.Replication;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>A partition as the controller last told it.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Leader">Its leader; −1: none.</param>
/// <param name="LeaderEpoch">The leader's term.</param>
/// <param name="Replicas">Its assignment, preferred leader first.</param>
/// <param name="Isr">Its in-sync replicas.</param>
/// <param name="Offline">Its replicas on brokers that aren't alive.</param>
internal sealed record PartitionView(int Index, int Leader, int LeaderEpoch, int[] Replicas, int[] Isr, int[] Offline);

/// <summary>The cluster as the controller last told it: what Metadata answers, and where brokers are found. Immutable; a new one replaces it.</summary>
/// <param name="Controller">The controller; −1: not told yet.</param>
/// <param name="Brokers">The live brokers and where they are reached.</param>
/// <param name="Topics">The partitions of each topic.</param>
internal sealed record ClusterView(int Controller, ImmutableSortedDictionary<int, (string Host, int Port)> Brokers, ImmutableSortedDictionary<string, ImmutableSortedDictionary<int, PartitionView>> Topics)
{
    /// <summary>The leader named for a partition that is being deleted.</summary>
    private const int DeletedLeader = -2;

    /// <summary>Nothing told yet.</summary>
    public static readonly ClusterView Unknown = new(-1, ImmutableSortedDictionary<int, (string, int)>.Empty, ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<int, PartitionView>>(StringComparer.Ordinal));

    /// <summary>The view after an UpdateMetadata: its brokers are all there are, its partitions those that changed, or all.</summary>
    public ClusterView After(UpdateMetadataRequest told, bool everything)
    {
        var topics = (everything ? Unknown.Topics : Topics).ToBuilder();
        foreach (var topic in told.Topics)
        {
            var partitions = (topics.GetValueOrDefault(topic.Name) ?? ImmutableSortedDictionary<int, PartitionView>.Empty).ToBuilder();
            foreach (var p in topic.Partitions)
            {
                if (p.Leader == DeletedLeader) partitions.Remove(p.Index);
                else partitions[p.Index] = new(p.Index, p.Leader, p.LeaderEpoch, p.Replicas, p.Isr, p.OfflineReplicas);
            }
            if (partitions.Count == 0) topics.Remove(topic.Name);
            else topics[topic.Name] = partitions.ToImmutable();
        }
        var brokers = told.LiveBrokers.Where(b => b.Endpoints.Length > 0).ToImmutableSortedDictionary(b => b.Id, b => (b.Endpoints[0].Host, b.Endpoints[0].Port));
        return new(told.ControllerId, brokers, topics.ToImmutable());
    }

    /// <summary>The view after a LeaderAndIsr: it names leaders that followers must reach, perhaps before the metadata does.</summary>
    public ClusterView After(LeaderAndIsrRequest told) => this with { Brokers = Brokers.SetItems(told.LiveLeaders.Select(l => KeyValuePair.Create(l.BrokerId, (l.Host, l.Port)))) };
}
