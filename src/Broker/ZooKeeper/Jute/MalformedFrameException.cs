namespace Reference.Broker.ZooKeeper.Jute;

/// <summary>Bytes that aren't what the protocol says: the connection that they came on is closed, with this as its reason.</summary>
public sealed class MalformedFrameException(string reason) : IOException(reason);
