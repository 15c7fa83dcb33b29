namespace Reference.Broker.Configuration;

/// <summary>Something that the person who started the process can put right: one line that names the thing and what to do. The process ends with exit code 2.</summary>
public sealed class UserError(string message) : Exception(message);
