using System.Globalization;
using System.Text;
using Reference.Broker.Kafka.Cluster;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.ZooKeeper.Client;
using Reference.Coordination;
using Reference.Replication.Groups;
using ErrorCode = Reference.Broker.Kafka.Protocol.ErrorCode;

namespace Reference.Broker.Groups;

/// <summary>Version 0 of commits and fetches: a group's offsets as znodes, <c>/consumers/group/offsets/topic/partition</c>, as clients before Kafka 0.8.2 kept them. Nobody is fenced.</summary>
internal sealed class ConsumerZnodes(BrokerCluster cluster)
{
    /// <summary>OffsetCommit, version 0.</summary>
    public async Task<OffsetCommitResponse> CommitAsync(OffsetCommitRequest request)
    {
        var errors = new Dictionary<TopicPartition, ErrorCode>();
        foreach (var topic in request.Topics)
            foreach (var p in topic.Partitions)
                errors[new(topic.Name, p.Index)] = await Keep(request.GroupId, new(topic.Name, p.Index), p.Offset).ConfigureAwait(false);
        return Answer(request, p => errors[p]);
    }

    /// <summary>OffsetFetch, version 0. A partition without an offset is unknown, as it was to those clients.</summary>
    public async Task<OffsetFetchResponse> FetchAsync(OffsetFetchRequest request) => new()
    {
        Topics = await Task.WhenAll((request.Topics ?? []).Select(async topic => new OffsetFetchTopicResult
        {
            Name = topic.Name,
            Partitions = await Task.WhenAll(topic.Partitions.Select(p => Find(request.GroupId, new(topic.Name, p)))).ConfigureAwait(false),
        })).ConfigureAwait(false),
    };

    /// <summary>The answer to a commit, each partition with its error.</summary>
    public static OffsetCommitResponse Answer(OffsetCommitRequest request, Func<TopicPartition, ErrorCode> error) => new()
    {
        Topics =
        [
            .. request.Topics.Select(t => new OffsetCommitTopicResult
            {
                Name = t.Name,
                Partitions = [.. t.Partitions.Select(p => new OffsetCommitPartitionResult { Index = p.Index, Error = error(new(t.Name, p.Index)) })],
            }),
        ],
    };

    private async Task<ErrorCode> Keep(string group, TopicPartition partition, long offset)
    {
        if (!IsName(group)) return ErrorCode.InvalidGroupId;
        if (!cluster.View.Topics.TryGetValue(partition.Topic, out var known) || !known.ContainsKey(partition.Partition)) return ErrorCode.UnknownTopicOrPartition;
        var data = Blob.Wrap(Encoding.ASCII.GetBytes(offset.ToString(CultureInfo.InvariantCulture)));
        return await cluster.Retry(async client =>
        {
            await Set(client, PathOf(group, partition), data).ConfigureAwait(false);
            return ErrorCode.None;
        }).ConfigureAwait(false);
    }

    private async Task<OffsetFetchPartitionResult> Find(string group, TopicPartition partition)
    {
        var result = new OffsetFetchPartitionResult { Index = partition.Partition, Error = ErrorCode.UnknownTopicOrPartition };
        if (!IsName(group) || !MetadataAnswer.IsTopicName(partition.Topic) || partition.Partition < 0) return result;
        return await cluster.Retry(async client =>
        {
            try
            {
                var (data, _) = await client.GetDataAsync(PathOf(group, partition)).ConfigureAwait(false);
                if (!long.TryParse(Encoding.ASCII.GetString(data.Memory.Span), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var offset)) return result;
                (result.Offset, result.Error) = (offset, ErrorCode.None);
            }
            catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
            {
                // nothing was committed
            }
            return result;
        }).ConfigureAwait(false);
    }

    private static async Task Set(ZooKeeperClient client, string path, Blob data)
    {
        while (true)
        {
            try
            {
                await client.SetDataAsync(path, data, -1).ConfigureAwait(false);
                return;
            }
            catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
            {
                await Create(client, path, data).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Makes a znode, and those above it first.</summary>
    private static async Task Create(ZooKeeperClient client, string path, Blob data)
    {
        try
        {
            await client.CreateAsync(path, data).ConfigureAwait(false);
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
        {
            await Create(client, path[..path.LastIndexOf('/')], Blob.None).ConfigureAwait(false);
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NodeExists)
        {
            // somebody else made it
        }
    }

    private static string PathOf(string group, TopicPartition partition) => string.Create(CultureInfo.InvariantCulture, $"/consumers/{group}/offsets/{partition.Topic}/{partition.Partition}");

    /// <summary>Whether a group's name can be that of a znode.</summary>
    private static bool IsName(string group) => group.Length > 0 && group is not ("." or "..") && !group.Contains('/', StringComparison.Ordinal) && group.All(c => c is > '\u001f' and < '\u007f' or > '\u009f' and < '\ud800');
}
