using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Reference.Broker.Configuration;
using Reference.Broker.Groups;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>Answers Metadata; a topic that is asked for and isn't there is created where both the broker and the request allow it.</summary>
/// <remarks>The answer waits a moment for the creation, to say what is wrong with it if something is; else the topic is without a leader, and the client asks again.</remarks>
internal sealed class TopicCreation(BrokerSettings settings, BrokerCluster cluster, ControllerHost controller, IClock clock, ILogger log)
{
    private const int MomentMs = 500;
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
        var error = await CreateAsync(name).ConfigureAwait(false);
        return MetadataAnswer.Missing(name, error is ErrorCode.InvalidReplicationFactor or ErrorCode.InvalidTopicException or ErrorCode.InvalidPartitions ? error : ErrorCode.LeaderNotAvailable);
    }

    /// <summary>Has a topic made, and waits a moment for it: what became of it, or that there is no leader yet. Asked again while that goes on, it is the same attempt.</summary>
    public async Task<ErrorCode> CreateAsync(string name)
    {
        var creation = _underWay.GetOrAdd(name, Create);
        return await IsDoneWithin(creation, MomentMs).ConfigureAwait(false) ? await creation.ConfigureAwait(false) : ErrorCode.LeaderNotAvailable;
    }

    private CreatableTopic Form(string name) => name == InternalTopics.ConsumerOffsets ? OffsetsTopic.ToCreate(settings) : new() { Name = name };

    private async Task<ErrorCode> Create(string name)
    {
        try
        {
            await Task.Yield();
            var request = new CreateTopicsRequest { Topics = [Form(name)], TimeoutMs = CreationTimeoutMs };
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
        var answer = connection.Send(Apis.CreateTopics, request);
        return await IsDoneWithin(answer, CreationTimeoutMs).ConfigureAwait(false) ? await answer.ConfigureAwait(false) : throw new IOException($"broker {at} doesn't answer within {CreationTimeoutMs} ms");
    }

    private async Task<bool> IsDoneWithin(Task task, int ms)
    {
        if (task.IsCompleted) return true;
        using var given = new CancellationTokenSource();
        await Task.WhenAny([task, clock.Delay(ms, given.Token)]).ConfigureAwait(false);
        await given.CancelAsync().ConfigureAwait(false);
        return task.IsCompleted;
    }
}
