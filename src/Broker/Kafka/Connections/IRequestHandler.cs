using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Kafka.Connections;

/// <summary>Answers requests.</summary>
public interface IRequestHandler
{
    /// <summary>Answers one request of a version that is served; null where there's no response at all.</summary>
    /// <exception cref="MalformedRequestException">The connection is to be closed, with this reason.</exception>
    ValueTask<Message?> Handle(Api api, Message request, Caller caller);
}
