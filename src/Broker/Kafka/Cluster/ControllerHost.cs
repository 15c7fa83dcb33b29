using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Replication;
using Reference.Replication.Control;
using ControlError = Reference.Replication.Control.ErrorCode;
using WireError = Reference.Broker.Kafka.Protocol.ErrorCode;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>This broker's controller core at work. Every broker runs one; the one that holds the seat answers calls, the others say NOT_CONTROLLER.</summary>
internal sealed class ControllerHost
{
    private readonly MetadataCore<ControllerState> _core;
    private readonly BrokerLinks _links;
    private readonly ILogger _log;
    private readonly Func<Spread> _draw;
    private readonly object _gate = new();
    private readonly Dictionary<CallId, TaskCompletionSource<Effect>> _calls = [];
    private readonly Func<BrokerId, CancellationToken, Task<KafkaConnection>> _connect;
    private readonly IClock _clock;
    private readonly BrokerId _self;
    private Lifeline? _seat;
    private int _holder = -1;
    private long _nextCall;
    private bool _closed;

    /// <param name="connect">Connects to a broker as the metadata knows it.</param>
    public ControllerHost(ControllerSettings settings, Func<Spread> draw, Func<BrokerId, CancellationToken, Task<KafkaConnection>> connect, INetwork network, IClock clock, ILogger log, IReadOnlyList<IStepObserver<ControllerState, Input, Effect>> observers)
    {
        (_log, _draw, _connect, _clock, _self) = (log, draw, connect, clock, settings.Me);
        _core = new("controller", new(ControllerState.Initial, new Replication.Control.Controller(settings).Take, observers), Run, clock, log);
        _links = new(network, clock, $"controller-{settings.Me}", _core.Post, log);
    }

    /// <summary>What follows the session.</summary>
    public ISessionListener Listener => _core;

    /// <summary>Runs until closed; faults if the core meets what it can't take.</summary>
    public Task RunAsync() => _core.RunAsync();

    /// <summary>The metadata names the holder of the seat: should nobody listen there any more, the core hears of it.</summary>
    public void Follow(int holder)
    {
        lock (_gate)
        {
            if (_closed || holder == _holder) return;
            _holder = holder;
            _seat?.Dispose();
            _seat = holder < 0 || holder == _self.Value ? null
                : new(cancellation => _connect(new(holder), cancellation), () => _core.Post(new ConnectionRefused(new(holder), BrokerEpoch.Unknown)), _clock);
        }
    }

    /// <summary>Ends; calls under way are answered with NOT_CONTROLLER.</summary>
    public void Close()
    {
        _core.Close();
        _links.ForgetAll();
        AnswerAllElsewhere();
    }

    /// <summary>CreateTopics; settings and numbers are the core's to judge.</summary>
    public async Task<CreateTopicsResponse> CreateTopicsAsync(CreateTopicsRequest request)
    {
        var answer = (AnswerTopics)await Call(call => new CreateTopics(call, [.. request.Topics.Select(NewTopic)], request.TimeoutMs, request.ValidateOnly),
            call => new AnswerTopics(call, Elsewhere(request.Topics.Select(t => t.Name)))).ConfigureAwait(false);
        return new() { Topics = [.. answer.Topics.Select(t => new CreatableTopicResult { Name = t.Topic, Error = (WireError)t.Error, ErrorMessage = t.Message })] };
    }

    /// <summary>DeleteTopics.</summary>
    public async Task<DeleteTopicsResponse> DeleteTopicsAsync(DeleteTopicsRequest request)
    {
        var answer = (AnswerTopics)await Call(call => new DeleteTopics(call, [.. request.Names], request.TimeoutMs), call => new AnswerTopics(call, Elsewhere(request.Names))).ConfigureAwait(false);
        return new() { Topics = [.. answer.Topics.Select(t => new DeletableTopicResult { Name = t.Topic, Error = (WireError)t.Error })] };
    }

    /// <summary>CreatePartitions.</summary>
    public async Task<CreatePartitionsResponse> CreatePartitionsAsync(CreatePartitionsRequest request)
    {
        var answer = (AnswerTopics)await Call(call => new CreatePartitions(call, [.. request.Topics.Select(NewPartitions)], request.TimeoutMs, request.ValidateOnly),
            call => new AnswerTopics(call, Elsewhere(request.Topics.Select(t => t.Name)))).ConfigureAwait(false);
        return new() { Results = [.. answer.Topics.Select(t => new CreatePartitionsResult { Name = t.Topic, Error = (WireError)t.Error, ErrorMessage = t.Message })] };
    }

    /// <summary>ControlledShutdown.</summary>
    public async Task<ControlledShutdownResponse> ControlledShutdownAsync(ControlledShutdownRequest request)
    {
        var answer = (AnswerShutdown)await Call(call => new ControlledShutdown(call, new(request.BrokerId), new(request.BrokerEpoch)), call => new AnswerShutdown(call, ControlError.NotController, [])).ConfigureAwait(false);
        return new() { Error = (WireError)answer.Error, Remaining = [.. answer.Remaining.Select(p => new RemainingPartition { Topic = p.Topic, Index = p.Partition })] };
    }

    private NewTopic NewTopic(CreatableTopic topic) => new(
        topic.Name, topic.PartitionCount, topic.ReplicationFactor,
        topic.Assignments.DistinctBy(a => a.Index).ToImmutableSortedDictionary(a => a.Index, a => Brokers(a.BrokerIds)),
        topic.Configs.DistinctBy(c => c.Name).ToImmutableSortedDictionary(c => c.Name, c => c.Value, StringComparer.Ordinal),
        _draw());

    private static NewPartitions NewPartitions(CreatePartitionsTopic topic) =>
        new(topic.Name, topic.Count, [.. (topic.Assignments ?? []).Select(a => Brokers(a.BrokerIds))]);

    private static ImmutableArray<BrokerId> Brokers(int[] ids) => [.. ids.Select(id => new BrokerId(id))];

    private static ImmutableArray<TopicResult> Elsewhere(IEnumerable<string> topics) => [.. topics.Select(t => new TopicResult(t, ControlError.NotController, "This broker isn't the controller."))];

    /// <summary>Puts a call to the core; should the core be closed, the answer is <paramref name="elsewhere"/>.</summary>
    private Task<Effect> Call(Func<CallId, Input> input, Func<CallId, Effect> elsewhere)
    {
        var call = new CallId(Interlocked.Increment(ref _nextCall));
        var answered = new TaskCompletionSource<Effect>(elsewhere(call), TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_closed) return Task.FromResult(elsewhere(call));
            _calls[call] = answered;
        }
        _core.Post(input(call));
        return answered.Task;
    }

    private void Answer(CallId call, Effect effect)
    {
        TaskCompletionSource<Effect>? answered;
        lock (_gate) _calls.Remove(call, out answered);
        answered?.SetResult(effect);
    }

    private void AnswerAllElsewhere()
    {
        TaskCompletionSource<Effect>[] open;
        lock (_gate)
        {
            _closed = true;
            _seat?.Dispose();
            open = [.. _calls.Values];
            _calls.Clear();
        }
        foreach (var call in open) call.SetResult((Effect)call.Task.AsyncState!);
    }

    private void Run(Effect effect)
    {
        switch (effect)
        {
            case Send send:
                _links.Send(send.To, send.Request);
                break;
            case Reach reach:
                _links.Reach(reach.Broker);
                break;
            case Forget forget:
                _links.Forget(forget.Broker);
                break;
            case AnswerTopics answer:
                Answer(answer.Call, answer);
                break;
            case AnswerShutdown answer:
                Answer(answer.Call, answer);
                break;
            case Activate activate:
                _log.LogInformation("this broker is the controller, epoch {Epoch}", activate.ControllerEpoch);
                break;
            case Resign resign:
                _log.LogInformation("this broker is not the controller: {Why}", resign.Why);
                _links.ForgetAll();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "not an effect of the controller");
        }
    }
}
