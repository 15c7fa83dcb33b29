using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using HdrHistogram;
using Microsoft.Extensions.Logging.Abstractions;
using Reference.Broker.Commands;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Client;
using Reference.Broker.ZooKeeper.Client;
using Reference.Coordination;

namespace Reference.Bench;

/// <summary>Ensemble writes at windows 1, 10, 100; produce with acks=all on three replicas, records of 100 B and 1 KiB.</summary>
public static class DataPaths
{
    /// <summary>Runs everything and prints a line a load.</summary>
    public static async Task<int> RunAsync(string? dir, TimeSpan time)
    {
        var folder = dir ?? Directory.CreateTempSubdirectory("reference-bench-").FullName;
        var first = LocalCluster.FreePorts(2 * LocalCluster.Size + 103);
        var cluster = LocalCluster.Prepare(folder, first, first + LocalCluster.Size);
        try
        {
            Fdatasync(folder, time);
            cluster.Start();
            await ClusterProbe.WaitUntilServing(cluster, CancellationToken.None);
            foreach (var window in new[] { 1, 10, 100 }) await EnsembleWrites(cluster, window, time);
            foreach (var bytes in new[] { 100, 1024 }) await Produce(cluster, bytes, time);
            Fdatasync(folder, time);
            Processes(cluster);
            return 0;
        }
        finally
        {
            await cluster.DisposeAsync();
            if (dir is null) Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>One write of 512 B and one fdatasync at a time, in a file filled with zeros before: what the ensemble's log does.</summary>
    private static void Fdatasync(string folder, TimeSpan time)
    {
        var histogram = Histogram();
        using var file = new FileDisk(folder).Open("fdatasync.probe", create: true);
        const long length = 16 << 20;
        file.Preallocate(length);
        var bytes = new byte[512];
        var clock = Stopwatch.StartNew();
        for (long at = 0; clock.Elapsed < time / 2; at = (at + bytes.Length) % length)
        {
            var start = Stopwatch.GetTimestamp();
            file.Write(at, bytes);
            file.Flush();
            Record(histogram, start);
        }
        Print("fdatasync of 512 B, one writer", histogram, clock.Elapsed, 512);
    }

    /// <summary>setData of 100 B on one connection, to a follower, with <paramref name="window"/> requests under way.</summary>
    private static async Task EnsembleWrites(LocalCluster cluster, int window, TimeSpan time)
    {
        var leader = await ClusterProbe.EnsembleLeader(cluster);
        var follower = cluster.Ensemble.First(s => s != leader);
        await using var client = new ZooKeeperClient(new() { Connect = follower.Address, SessionTimeoutMs = 10_000 }, TcpNetwork.Instance, SystemClock.Instance, NullLogger.Instance);
        client.Start();
        await client.WaitConnectedAsync(10_000);
        var path = await client.CreateAsync("/bench-", Blob.None, CreateMode.PersistentSequential);
        var data = Blob.Of(new byte[100]);

        foreach (var warm in new[] { true, false })
        {
            var histogram = Histogram();
            var clock = Stopwatch.StartNew();
            await Task.WhenAll([.. Enumerable.Range(0, window).Select(_ => One(histogram, clock, warm ? time / 3 : time))]);
            if (!warm) Print($"ensemble setData 100 B, window {window}", histogram, clock.Elapsed, 100);
        }

        async Task One(LongConcurrentHistogram histogram, Stopwatch clock, TimeSpan limit)
        {
            while (clock.Elapsed < limit)
            {
                var start = Stopwatch.GetTimestamp();
                await client.SetDataAsync(path, data);
                Record(histogram, start);
            }
        }
    }

    /// <summary>One Confluent.Kafka (librdkafka) producer, linger 5 ms, no compression, keeping its queue full: latency is from handing over to the acknowledgement, so mostly that queue.</summary>
    private static async Task Produce(LocalCluster cluster, int bytes, TimeSpan time)
    {
        var topic = $"bench-{bytes}";
        using (var client = ClusterProbe.Client(cluster.Bootstrap, "bench"))
            await new Broker.Kafka.Client.AdminClient(client).CreateTopicsAsync(new Broker.Kafka.Messages.CreatableTopic { Name = topic, PartitionCount = 3, ReplicationFactor = 3 });
        var settings = new ProducerConfig
        {
            BootstrapServers = cluster.Bootstrap, Acks = Acks.All, LingerMs = 5, EnableIdempotence = false, QueueBufferingMaxMessages = 100_000, QueueBufferingMaxKbytes = 64 * 1024,
        };
        using var producer = new ProducerBuilder<Null, byte[]>(settings).Build();
        var value = new byte[bytes];
        Random.Shared.NextBytes(value);

        foreach (var warm in new[] { true, false })
        {
            var histogram = Histogram();
            long failed = 0;
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < (warm ? time / 3 : time))
            {
                var start = Stopwatch.GetTimestamp();
                try
                {
                    producer.Produce(topic, new() { Value = value }, report =>
                    {
                        if (report.Error.IsError) Interlocked.Increment(ref failed);
                        else Record(histogram, start);
                    });
                }
                catch (ProduceException<Null, byte[]> e) when (e.Error.Code == Confluent.Kafka.ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(1));
                }
            }
            producer.Flush(TimeSpan.FromSeconds(30));
            if (!warm) Print($"produce acks=all RF 3, {bytes} B records{(failed > 0 ? $", {failed} FAILED" : "")}", histogram, clock.Elapsed, bytes);
        }
    }

    /// <summary>What each process holds, and what all use together while nothing is asked of them.</summary>
    private static void Processes(LocalCluster cluster)
    {
        var before = cluster.Processes.Sum(Cpu);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromSeconds(5)) Thread.Sleep(100);      // a measurement of idleness: nothing to wait for
        var used = (cluster.Processes.Sum(Cpu) - before) / clock.Elapsed.TotalSeconds;
        foreach (var process in cluster.Processes)
        {
            using var own = Process.GetProcessById(process.Pid);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{process.Name}: {own.WorkingSet64 / 1048576.0:F0} MB resident, after the load"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"idle: the six processes use {100 * used:F1} % of a core together"));

        static double Cpu(ClusterProcess process)
        {
            using var own = Process.GetProcessById(process.Pid);
            return own.TotalProcessorTime.TotalSeconds;
        }
    }

    private static LongConcurrentHistogram Histogram() => new(1, TimeStamp.Minutes(1), 3);

    private static void Record(LongConcurrentHistogram histogram, long start) => histogram.RecordValue(Math.Clamp(Stopwatch.GetTimestamp() - start, 1, TimeStamp.Minutes(1)));

    private static void Print(string what, LongConcurrentHistogram histogram, TimeSpan time, int bytes)
    {
        var rate = histogram.TotalCount / time.TotalSeconds;
        double Us(double percentile) => histogram.GetValueAtPercentile(percentile) * 1e6 / Stopwatch.Frequency;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-46} {rate,12:N0}/s {rate * bytes / 1e6,8:F1} MB/s   p50 {Us(50),9:N0} µs  p99 {Us(99),9:N0} µs  p99.9 {Us(99.9),9:N0} µs"));
    }
}
