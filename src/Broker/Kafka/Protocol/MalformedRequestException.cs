namespace Reference.Broker.Kafka.Protocol;

/// <summary>Bytes that are no message of the protocol, or of none that is spoken here. The connection that they came by is closed, with this reason in the log.</summary>
public sealed class MalformedRequestException(string reason) : Exception(reason);
