using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Broker.Storage;

namespace Reference.Integration.Storage;

/// <summary>A folder of its own on the real disk, gone at the end of the test.</summary>
public abstract class LogOnDisk : IDisposable
{
    internal static readonly LogSettings Small = new() { SegmentBytes = 2000, IndexIntervalBytes = 100 };

    private readonly string _folder = Directory.CreateTempSubdirectory("partition-log-").FullName;

    protected LogOnDisk() => Disk = new FileDisk(_folder);

    internal FileDisk Disk { get; }

    internal IClock Clock { get; } = new SystemClock();

    internal Lines Said { get; } = new();

    internal string Full(string path) => Path.Combine(_folder, path);

    internal PartitionLog Open(LogSettings? settings = null, bool stoppedInOrder = true, long recoveryPoint = 0, string folder = "t-0") =>
        PartitionLog.Open(Disk, Clock, folder, settings ?? Small, stoppedInOrder, recoveryPoint, 0, Said);

    internal static byte[] ReadAll(PartitionLog log, long from, long? below = null)
    {
        var all = new List<byte>();
        while (true)
        {
            var slice = log.Read(from, 1000, firstWhatever: true, below ?? log.EndOffset);
            if (slice.Length == 0) return [.. all];
            all.AddRange(slice.Memory.ToArray());
            for (var rest = slice.Memory.Span; rest.Length > 0; rest = rest[new RecordBatch(rest).Size..]) from = new RecordBatch(rest).NextOffset;
            slice.Release();
        }
    }

    public void Dispose()
    {
        Disk.Dispose();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    internal sealed class Lines : List<string>, ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Add(formatter(state, exception));
    }
}
