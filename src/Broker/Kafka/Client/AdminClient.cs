using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Kafka.Client;

/// <summary>Asks for metadata, and changes topics through the controller.</summary>
/// <param name="cluster">The cluster. Not disposed here.</param>
/// <param name="timeoutMs">How long to go on trying, and how long the controller may take.</param>
public sealed class AdminClient(ClusterClient cluster, int timeoutMs = 30_000)
{
    private const int RetryMs = 50;

    /// <summary>Brokers, controller, and the topics named (null: all).</summary>
    public Task<MetadataResponse> MetadataAsync(IReadOnlyCollection<string>? topics = null) => Retry(() => cluster.RefreshAsync(topics), _ => false);

    /// <summary>Creates topics; one result each.</summary>
    public async Task<CreatableTopicResult[]> CreateTopicsAsync(params CreatableTopic[] topics) =>
        (await AtController(Apis.CreateTopics, new CreateTopicsRequest { Topics = topics, TimeoutMs = timeoutMs }, r => r.Topics.Any(t => t.Error == ErrorCode.NotController)).ConfigureAwait(false)).Topics;

    /// <summary>Deletes topics; one result each.</summary>
    public async Task<DeletableTopicResult[]> DeleteTopicsAsync(params string[] names) =>
        (await AtController(Apis.DeleteTopics, new DeleteTopicsRequest { Names = names, TimeoutMs = timeoutMs }, r => r.Topics.Any(t => t.Error == ErrorCode.NotController)).ConfigureAwait(false)).Topics;

    /// <summary>Gives topics more partitions; one result each.</summary>
    public async Task<CreatePartitionsResult[]> CreatePartitionsAsync(params CreatePartitionsTopic[] topics) =>
        (await AtController(Apis.CreatePartitions, new CreatePartitionsRequest { Topics = topics, TimeoutMs = timeoutMs }, r => r.Results.Any(t => t.Error == ErrorCode.NotController)).ConfigureAwait(false)).Results;

    /// <summary>The settings of a topic.</summary>
    public Task<DescribeConfigsResult> DescribeTopicAsync(string topic) => DescribeAsync(2, topic, () => cluster.AnyConnection());

    /// <summary>The settings of a broker, asked of itself.</summary>
    public Task<DescribeConfigsResult> DescribeBrokerAsync(int broker) => DescribeAsync(4, $"{broker}", () => cluster.ConnectionTo(broker));

    /// <summary>The first offset at or after a time; −1: the end of what may be read, −2: the start of the log.</summary>
    /// <exception cref="KafkaException">The leader says no.</exception>
    public async Task<long> OffsetAsync(string topic, int partition, long timestampMs)
    {
        var request = new ListOffsetsRequest { Topics = [new() { Name = topic, Partitions = [new() { Index = partition, Timestamp = timestampMs }] }] };
        var answer = (await Retry(Ask, a => a.Error.IsRetriable()).ConfigureAwait(false));
        return answer.Error == ErrorCode.None ? answer.Offset : throw new KafkaException(answer.Error, $"offset of {topic}-{partition}");

        async Task<ListOffsetsPartitionResult> Ask()
        {
            if (cluster.LeaderOf(topic, partition) < 0) await cluster.RefreshAsync([topic]).ConfigureAwait(false);
            var leader = cluster.LeaderOf(topic, partition);
            if (leader < 0) return new() { Error = ErrorCode.LeaderNotAvailable };
            var connection = await cluster.ConnectionTo(leader).ConfigureAwait(false);
            var result = (await cluster.Within(connection.Send(Apis.ListOffsets, request), timeoutMs).ConfigureAwait(false)).Topics[0].Partitions[0];
            if (result.Error.IsRetriable()) await cluster.RefreshAsync([topic]).ConfigureAwait(false);
            return result;
        }
    }

    private Task<DescribeConfigsResult> DescribeAsync(sbyte type, string name, Func<Task<KafkaConnection>> connect) => Retry(async () =>
    {
        if (cluster.Brokers.IsEmpty) await cluster.RefreshAsync([]).ConfigureAwait(false);
        var connection = await connect().ConfigureAwait(false);
        var request = new DescribeConfigsRequest { Resources = [new() { Type = type, Name = name }] };
        return (await cluster.Within(connection.Send(Apis.DescribeConfigs, request), timeoutMs).ConfigureAwait(false)).Results[0];
    }, _ => false);

    private Task<TResponse> AtController<TRequest, TResponse>(Api<TRequest, TResponse> api, TRequest request, Func<TResponse, bool> isElsewhere)
        where TRequest : Message, IMessage<TRequest>, new() where TResponse : Message, IMessage<TResponse>, new() => Retry(async () =>
    {
        var connection = await cluster.ConnectionToController().ConfigureAwait(false);
        var response = await cluster.Within(connection.Send(api, request), timeoutMs + 1000L).ConfigureAwait(false);
        if (isElsewhere(response)) await cluster.RefreshAsync([]).ConfigureAwait(false);
        return response;
    }, isElsewhere);

    /// <summary>Tries until the answer is final, or time is up: then the last answer, or the last error.</summary>
    private async Task<T> Retry<T>(Func<Task<T>> attempt, Func<T, bool> again)
    {
        var until = cluster.Clock.NowMs + timeoutMs;
        while (true)
        {
            try
            {
                var answer = await attempt().ConfigureAwait(false);
                if (!again(answer) || cluster.Clock.NowMs > until) return answer;
            }
            catch (IOException) when (cluster.Clock.NowMs <= until)
            {
                try { await cluster.RefreshAsync([]).ConfigureAwait(false); }
                catch (IOException) when (cluster.Clock.NowMs <= until) { }
            }
            await cluster.Clock.Delay(RetryMs, default).ConfigureAwait(false);
        }
    }
}
