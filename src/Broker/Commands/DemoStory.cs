using System.Diagnostics;
using System.Globalization;
using System.Text;
using Reference.Broker.Configuration;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Tracing;
using Spectre.Console;

namespace Reference.Broker.Commands;

/// <summary>What the demo does and tells: every line a record, acks=all; two SIGKILLs half-way; everything read back and compared.</summary>
public sealed class DemoStory(LocalCluster cluster, IReadOnlyList<string> lines, CancellationToken cancellation)
{
    private const string Topic = "story";
    private const int Partitions = 3, Keys = 16;

    private readonly Stopwatch _clock = new();
    private readonly int[] _partitionOf = new int[lines.Count];
    private readonly bool[] _acknowledged = new bool[lines.Count];
    private int _settled, _failed;
    private int _firstAfterKill = int.MaxValue;
    private double _killedAt;
    private readonly double[] _backAt = new double[Partitions];

    /// <summary>Tells the story; true if nothing acknowledged was lost and no order was broken.</summary>
    public async Task<bool> RunAsync()
    {
        _clock.Start();
        Say("starting three ensemble servers and three brokers, each a process of its own");
        cluster.Start();
        await ClusterProbe.WaitUntilServing(cluster, cancellation);
        Say($"serving: bootstrap {cluster.Bootstrap}, ensemble {cluster.EnsembleAddresses}");

        using var client = ClusterProbe.Client(cluster.Bootstrap, "demo");
        var admin = new AdminClient(client);
        var created = (await admin.CreateTopicsAsync(new CreatableTopic { Name = Topic, PartitionCount = Partitions, ReplicationFactor = LocalCluster.Size }))[0];
        if (created.Error != ErrorCode.None) throw new KafkaException(created.Error, $"creating topic {Topic}");
        Say($"topic {Topic}: {Partitions} partitions, {LocalCluster.Size} replicas each");
        await WhoLeads(admin);

        using (var producer = new Producer(client, new() { Acks = -1, LingerMs = 2, BatchBytes = 2048 }))
            await WithProgress(progress => ProduceAll(producer, admin, progress));
        Takeovers();
        await WhoLeads(admin);

        var verdict = await ReadBack(admin, client);
        Say("ending what still runs, in order");
        await cluster.StopAsync();
        var conforms = Conforms();
        Screen.Line(verdict.Line, verdict.Holds ? "bold green" : "bold red");
        return verdict.Holds && conforms;
    }

    private async Task ProduceAll(Producer producer, AdminClient admin, Action<double> progress)
    {
        var half = lines.Count / 2;
        for (var n = 0; n < lines.Count; n++)
        {
            if (n == half)
            {
                await Settled(half / 2, progress);
                await KillLeaders(admin, n);
            }
            await Post(producer, n);
            progress((double)Volatile.Read(ref _settled) / lines.Count);
        }
        await producer.FlushAsync();
        progress(1);
        Say($"{lines.Count} lines produced, {_acknowledged.Count(a => a)} acknowledged{(_failed > 0 ? $", {_failed} failed" : "")}");
    }

    private async Task Post(Producer producer, int n) =>
        await producer.PostAsync(Topic, Encoding.UTF8.GetBytes($"key-{n % Keys}"), Value(n), delivery =>
        {
            if (delivery.Error == ErrorCode.None)
            {
                _partitionOf[n] = delivery.Partition;
                _acknowledged[n] = true;
                if (n >= Volatile.Read(ref _firstAfterKill)) Interlocked.CompareExchange(ref _backAt[delivery.Partition], _clock.Elapsed.TotalMilliseconds, 0);
            }
            else Interlocked.Increment(ref _failed);
            Interlocked.Increment(ref _settled);
        });

    /// <summary>Waits until so many are acknowledged, so that the kill falls into the midst of traffic.</summary>
    private async Task Settled(int count, Action<double> progress)
    {
        while (Volatile.Read(ref _settled) < count)
        {
            await Task.Delay(1, cancellation);
            progress((double)_settled / lines.Count);
        }
    }

    private async Task KillLeaders(AdminClient admin, int next)
    {
        var leader = (await admin.MetadataAsync([Topic])).Topics[0].Partitions.Single(p => p.Index == 0).LeaderId;
        var broker = cluster.Brokers.Single(b => b.Id == leader);
        var server = await ClusterProbe.EnsembleLeader(cluster, cancellation) ?? throw new UserError("the ensemble has no leader that could be killed");
        _killedAt = _clock.Elapsed.TotalMilliseconds;
        broker.Kill();
        server.Kill();
        Volatile.Write(ref _firstAfterKill, next);
        Say($"kill -9 {broker.Pid}: {broker.Name}, leader of {Topic}-0", "red");
        Say($"kill -9 {server.Pid}: {server.Name}, leader of the ensemble", "red");
        while (await ClusterProbe.EnsembleLeader(cluster, cancellation) is null) await Task.Delay(1, cancellation);
        _ensembleBackMs = _clock.Elapsed.TotalMilliseconds - _killedAt;
    }

    private double _ensembleBackMs;

    private void Takeovers()
    {
        Say(string.Create(CultureInfo.InvariantCulture, $"the ensemble had its next leader after {_ensembleBackMs:F0} ms"), "yellow");
        for (var p = 0; p < Partitions; p++)
            Say(string.Create(CultureInfo.InvariantCulture, $"{Topic}-{p}: next acknowledgement of a record sent after the kill: {(_backAt[p] == 0 ? "none" : $"{_backAt[p] - _killedAt:F0} ms")}"), "yellow");
    }

    private async Task WhoLeads(AdminClient admin)
    {
        var leader = await ClusterProbe.EnsembleLeader(cluster, cancellation);
        var metadata = await admin.MetadataAsync([Topic]);
        Say($"leaders: ensemble {leader?.Name ?? "none"}; controller broker-{metadata.ControllerId}; {string.Join("; ", metadata.Topics[0].Partitions.OrderBy(p => p.Index).Select(p => $"{Topic}-{p.Index} broker-{p.LeaderId} (epoch {p.LeaderEpoch}, isr {string.Join(',', p.Isr)})"))}");
    }

    private async Task<(bool Holds, string Line)> ReadBack(AdminClient admin, ClusterClient client)
    {
        var ends = new long[Partitions];
        var consumer = new Consumer(client, new());
        for (var p = 0; p < Partitions; p++)
        {
            ends[p] = await admin.OffsetAsync(Topic, p, -1);
            consumer.Assign(Topic, p, 0);
        }
        Say($"reading {ends.Sum()} records back");

        var seen = new bool[lines.Count];
        var lastOfKey = Enumerable.Repeat(-1, Keys).ToArray();
        int outOfOrder = 0, wrong = 0, again = 0;
        while (Enumerable.Range(0, Partitions).Any(p => consumer.Positions[(Topic, p)] < ends[p]))
            foreach (var record in await consumer.PollAsync())
            {
                var text = Encoding.UTF8.GetString(record.Value!);
                var n = int.Parse(text.AsSpan(0, text.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
                if (!record.Value.AsSpan().SequenceEqual(Value(n)) || Encoding.UTF8.GetString(record.Key!) != $"key-{n % Keys}" || _acknowledged[n] && _partitionOf[n] != record.Partition) wrong++;
                if (seen[n])
                {
                    again++;
                    continue;
                }
                seen[n] = true;
                if (n < lastOfKey[n % Keys]) outOfOrder++;
                lastOfKey[n % Keys] = Math.Max(n, lastOfKey[n % Keys]);
            }

        var acknowledged = _acknowledged.Count(a => a);
        var back = Enumerable.Range(0, lines.Count).Count(n => _acknowledged[n] && seen[n]);
        if (again > 0) Say($"{again} records are there twice: their answer was lost with the leader, and the producer sent them again (at least once)", "grey");
        if (wrong > 0) Say($"{wrong} records aren't what was sent", "red");
        var lost = acknowledged - back;
        return (lost == 0 && outOfOrder == 0 && wrong == 0 && _failed == 0, $"acknowledged {acknowledged}, read back {back}, lost {lost}, out of order {outOfOrder}");
    }

    /// <summary>The traces of all processes, those of the killed ones too, fed to the cores once more.</summary>
    private bool Conforms()
    {
        var (files, steps, conforms) = (0, 0L, true);
        foreach (var (process, trace) in cluster.Processes.SelectMany(p => p.Traces.Select(t => (p, t))))
        {
            using var stream = File.OpenRead(trace);
            var report = Replay.Run(stream);
            files++;
            steps += report.Cores.Sum(c => c.Steps);
            if (report.Conforms) continue;
            conforms = false;
            Say($"{process.Name}: its trace doesn't conform: {report.Difference}", "red");
        }
        Say($"replayed {steps} inputs of {files} processes through the cores: {(conforms ? "the same effects and state hashes" : "NOT the same")}", conforms ? "green" : "red");
        return conforms;
    }

    private byte[] Value(int n) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{n:D7} {lines[n]}"));

    private async Task WithProgress(Func<Action<double>, Task> run)
    {
        if (!Screen.IsTerminal)
        {
            await run(_ => { });
            return;
        }
        await AnsiConsole.Progress().HideCompleted(false).StartAsync(async context =>
        {
            var task = context.AddTask("producing", maxValue: 1);
            await run(done => task.Value = done);
        });
    }

    private void Say(string text, string style = "default") => Screen.Line(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,7:F2} s  {text}"), style);
}
