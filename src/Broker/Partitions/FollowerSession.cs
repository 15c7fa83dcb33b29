using System.Globalization;
using Reference.Broker.Configuration;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Replication;

namespace Reference.Broker.Partitions;

/// <summary>A follower's end of a fetch session: requests that name only what changed since the last.</summary>
internal sealed class FollowerSession
{
    private readonly Dictionary<PartitionId, FetchOrder> _known = [];
    private int _id, _epoch;

    /// <summary>The next request, for what is wanted now.</summary>
    public FetchRequest Next(BrokerSettings settings, BrokerEpoch self, Dictionary<PartitionId, FetchOrder> wanted)
    {
        var isWhole = _epoch == 0;
        IEnumerable<KeyValuePair<PartitionId, FetchOrder>> changed = isWhole ? wanted : wanted.Where(entry => !_known.TryGetValue(entry.Key, out var known) || known != entry.Value);
        PartitionId[] forgotten = isWhole ? [] : _known.Keys.Where(id => !wanted.ContainsKey(id)).ToArray();
        var request = new FetchRequest
        {
            ReplicaId = settings.BrokerId,
            MaxWaitMs = settings.ReplicaFetchWaitMaxMs,
            MinBytes = 1,
            MaxBytes = settings.ReplicaFetchResponseMaxBytes,
            SessionId = _id,
            SessionEpoch = _epoch,
            RackId = self.Value.ToString(CultureInfo.InvariantCulture),
            Topics = [.. changed.GroupBy(entry => entry.Key.Topic).Select(topic => new FetchTopic { Name = topic.Key, Partitions = [.. topic.Select(entry => Describe(settings, entry.Value))] })],
            ForgottenTopics = [.. forgotten.GroupBy(id => id.Topic).Select(topic => new ForgottenTopic { Name = topic.Key, Partitions = [.. topic.Select(id => id.Partition)] })],
        };
        _known.Clear();
        foreach (var (id, want) in wanted) _known[id] = want;
        return request;
    }

    /// <summary>Takes the leader's word on the session: whether the answer counts.</summary>
    public bool Accept(FetchResponse response)
    {
        if (response.Error != ErrorCode.None)
        {
            Forget();
            return false;
        }
        if (_epoch == 0) _id = response.SessionId;
        _epoch = _id == 0 ? 0 : _epoch == int.MaxValue ? 1 : _epoch + 1;
        return true;
    }

    /// <summary>Begins anew with the next request.</summary>
    public void Forget() => _epoch = 0;

    private static FetchPartition Describe(BrokerSettings settings, FetchOrder order) => new()
    {
        Index = order.Partition.Id.Partition,
        CurrentLeaderEpoch = order.LeaderEpoch.Value,
        FetchOffset = order.From,
        LogStartOffset = order.LogStart,
        MaxBytes = settings.ReplicaFetchMaxBytes,
    };
}
