using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Reference.Broker.Configuration;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>Answers Metadata; a topic that is asked for and isn't there is created where both the broker and the request allow it.</summary>
internal sealed class TopicCreation(BrokerSettings settings, BrokerCluster cluster, ControllerHost controller, ILogger log)
{
    private const short FirstVersionThatSaysWhetherToCreate = 4;
    private const int CreationTimeoutMs = 5000;

    private readonly ConcurrentDictionary<string, Task<ErrorCode>> _underWay = [];

    /// <summary>Answers a request of a version.</summary>
    public async Task<MetadataResponse> MetadataAsync(MetadataRequest request, short version)
    {
        var view = cluster.View;
        var response = MetadataAnswer.Of(view, cluster.ClusterId);
        if (request.Topics is null || (version == 0 && request.Topics.Length == 0))
        {
            response.Topics = [.. view.Topics.Select(t => MetadataAnswer.Topic(view, t.Key, t.Value))];
            return response;
        }

        var create = settings.AutoCreateTopicsEnable && (version < FirstVersionThatSaysWhetherToCreate || request.AllowAutoTopicCreation);
        var topics = request.Topics.Select(t => t.Name).Distinct().ToArray();
        response.Topics = await Task.WhenAll([.. topics.Select(name => Topic(view, name, create))]).ConfigureAwait(false);
        return response;
    }

    private async Task<MetadataTopic> Topic(ClusterView view, string name, bool create)
    {
        if (view.Topics.TryGetValue(name, out var partitions)) return MetadataAnswer.Topic(view, name, partitions);
        if (!MetadataAnswer.IsTopicName(name)) return MetadataAnswer.Missing(name, ErrorCode.InvalidTopicException);
        if (!create) return MetadataAnswer.Missing(name, ErrorCode.UnknownTopicOrPartition);
        var error = await _underWay.GetOrAdd(name, Create).ConfigureAwait(false);
        return MetadataAnswer.Missing(name, error is ErrorCode.InvalidReplicationFactor or ErrorCode.InvalidTopicException or ErrorCode.InvalidPartitions ? error : ErrorCode.LeaderNotAvailable);
    }

    private async Task<ErrorCode> Create(string name)
    {
        try
        {
            await Task.Yield();
            var request = new CreateTopicsRequest { Topics = [new() { Name = name }], TimeoutMs = CreationTimeoutMs };
            var response = await AskController(request).ConfigureAwait(false);
            var result = response.Topics[0];
            log.LogInformation("topic {Topic}, asked for and not there: {Result}", name, result.Error == ErrorCode.None ? "created" : result.ErrorMessage ?? result.Error.ToString());
            return result.Error;
        }
        catch (IOException e)
        {
            log.LogInformation("topic {Topic}, asked for and not there, can't be created now: {Reason}", name, e.Message);
            return ErrorCode.LeaderNotAvailable;
        }
        finally
        {
            _underWay.TryRemove(name, out _);
        }
    }

    private async Task<CreateTopicsResponse> AskController(CreateTopicsRequest request)
    {
        var at = new Replication.BrokerId(cluster.View.Controller);
        if (at == cluster.Self) return await controller.CreateTopicsAsync(request).ConfigureAwait(false);
        using var connection = await cluster.Connect(at, default).ConfigureAwait(false);
        return await connection.Send(Apis.CreateTopics, request).ConfigureAwait(false);
    }
}
