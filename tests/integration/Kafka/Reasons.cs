using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Reference.Integration.Kafka;

/// <summary>What is logged as a warning or worse: the reasons that a broker gives to whoever runs it.</summary>
internal sealed class Reasons : ILogger, ILoggerProvider
{
    private readonly Channel<string> _reasons = Channel.CreateUnbounded<string>();

    /// <summary>A factory whose loggers all write here.</summary>
    public ILoggerFactory Factory => LoggerFactory.Create(b => b.AddProvider(this));

    public async Task<string> NextAsync() => await _reasons.Reader.ReadAsync();

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Warning) _reasons.Writer.TryWrite(formatter(state, exception));
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
        // nothing is held
    }
}
