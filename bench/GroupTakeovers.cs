using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Reference.Broker.Commands;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;

namespace Reference.Bench;

/// <summary>From kill -9 of one of a group's three members until the others read all of its partitions.</summary>
public static class GroupTakeovers
{
    private const string Topic = "group";
    private const int Partitions = 6;
    private const int SessionMs = 6000;

    /// <summary>Kills a member some times; another takes its place each time.</summary>
    public static async Task<int> RunAsync(string? dir, int count)
    {
        var folder = dir ?? Directory.CreateTempSubdirectory("reference-groups-").FullName;
        var first = LocalCluster.FreePorts(2 * LocalCluster.Size + 103);
        var cluster = LocalCluster.Prepare(folder, first, first + LocalCluster.Size);
        List<Member> members = [];
        try
        {
            cluster.Start();
            await ClusterProbe.WaitUntilServing(cluster, CancellationToken.None);
            using var client = ClusterProbe.Client(cluster.Bootstrap, "groups");
            await new AdminClient(client).CreateTopicsAsync(new CreatableTopic { Name = Topic, PartitionCount = Partitions, ReplicationFactor = 3 });
            using var stop = new CancellationTokenSource();
            var producing = Produce(client, stop.Token);
            List<double> times = [];
            for (var i = 0; i < count; i++)
            {
                while (members.Count < 3) members.Add(new(cluster.Bootstrap));
                while (!members.TrueForAll(m => m.Reads(within: 300).Count == Partitions / 3)) await Task.Delay(20);
                await Task.Delay(Random.Shared.Next(1000));      // anywhere between two heartbeats
                var victim = members[0];
                var its = victim.Reads(within: 300);
                members.RemoveAt(0);
                var clock = Stopwatch.StartNew();
                victim.Kill();
                while (!its.IsSubsetOf(members.SelectMany(m => m.Reads(within: 100)).ToHashSet())) await Task.Delay(5);
                times.Add(clock.Elapsed.TotalMilliseconds);
            }
            await stop.CancelAsync();
            await producing;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"member of three, session.timeout.ms {SessionMs}: to the others reading its partitions: {string.Join(", ", times.Select(t => $"{t:F0}"))} ms; median {times.Order().ElementAt(count / 2):F0}, most {times.Max():F0}"));
            return 0;
        }
        finally
        {
            foreach (var member in members) member.Kill();
            await cluster.DisposeAsync();
            if (dir is null) Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A record for each partition every 20 ms.</summary>
    private static async Task Produce(ClusterClient client, CancellationToken stop)
    {
        using var producer = new Producer(client, new());
        while (!stop.IsCancellationRequested)
        {
            for (var p = 0; p < Partitions; p++) await producer.PostAsync(Topic, null, [1], null, p);
            await Task.Delay(20, CancellationToken.None);
        }
        await producer.FlushAsync();
    }

    /// <summary>consume --group, with its defaults but for the session's time-out.</summary>
    private sealed class Member
    {
        private readonly Process _process;
        private readonly ConcurrentDictionary<int, long> _read = [];

        public Member(string bootstrap)
        {
            _process = Process.Start(new ProcessStartInfo("dotnet", [typeof(ConsumeCommand).Assembly.Location, "consume", "--bootstrap-server", bootstrap, "--topic", Topic, "--group", "bench", "--print-offset",
                "--consumer-property", $"session.timeout.ms={SessionMs}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            _process.OutputDataReceived += (_, line) =>
            {
                if (int.TryParse(line.Data?.Split('\t')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var partition)) _read[partition] = Environment.TickCount64;
            };
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        /// <summary>The partitions that it has read of late.</summary>
        public HashSet<int> Reads(int within) => [.. _read.Where(r => Environment.TickCount64 - r.Value < within).Select(r => r.Key)];

        public void Kill()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
