using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;

namespace Reference.Broker.Commands;

/// <summary>Looks at running servers from outside, as any client does.</summary>
public static class ClusterProbe
{
    private const int BetweenLooksMs = 20;

    /// <summary>What a four-letter word is answered; null if nobody answers.</summary>
    public static async Task<string?> FourLetterWord(string host, int port, string word, CancellationToken cancellation = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, patience.Token);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(word), patience.Token);
            using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
            return await reader.ReadToEndAsync(patience.Token);
        }
        catch (Exception e) when (e is SocketException or IOException || e is OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>leader, follower, or what else a server says that it is; null if it doesn't serve.</summary>
    public static async Task<string?> ModeOf(string host, int port, CancellationToken cancellation = default) => Line(await FourLetterWord(host, port, "srvr", cancellation), "Mode: ");

    /// <summary>What follows <paramref name="name"/> in a four-letter word's answer.</summary>
    public static string? Line(string? answer, string name) =>
        answer?.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim();

    /// <summary>Completes when the ensemble has a leader and all follow, and every broker knows every other and a controller.</summary>
    /// <exception cref="UserError">A process ended because of something that a person can put right.</exception>
    public static async Task WaitUntilServing(LocalCluster cluster, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (!await EnsembleServes(cluster, cancellation) || !await BrokersServe(cluster, cancellation))
        {
            foreach (var process in cluster.Processes)
                if (!process.Runs && await process.Ended is var code)
                    throw new UserError($"{process.Name} ended with exit code {code}: {process.LastLines(1).FirstOrDefault() ?? "it said nothing"} (its log: {process.LogFile})");
            if (clock.Elapsed > TimeSpan.FromSeconds(60)) throw new UserError($"after 60 s the cluster doesn't serve; look at the logs in {cluster.Folder}");
            await Task.Delay(BetweenLooksMs, cancellation);
        }
    }

    /// <summary>The server that leads the ensemble, if one does.</summary>
    public static async Task<ClusterProcess?> EnsembleLeader(LocalCluster cluster, CancellationToken cancellation = default)
    {
        foreach (var server in cluster.Ensemble)
            if (server.Runs && await ModeOf("127.0.0.1", server.Port, cancellation) == "leader") return server;
        return null;
    }

    /// <summary>Connects as a client.</summary>
    public static ClusterClient Client(string bootstrap, string clientId = "reference") =>
        new(TcpNetwork.Instance, new SystemClock(), ParseAddresses(bootstrap, "--bootstrap-server"), clientId);

    /// <summary>Reads <c>host:port,host:port</c>.</summary>
    public static IReadOnlyList<(string Host, int Port)> ParseAddresses(string text, string option)
    {
        var addresses = new List<(string, int)>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = part.LastIndexOf(':');
            if (colon <= 0 || !int.TryParse(part[(colon + 1)..], out var port) || port is < 1 or > 65535) throw new UserError($"{option} {text}: '{part}' must be host:port");
            addresses.Add((part[..colon], port));
        }
        return addresses.Count > 0 ? addresses : throw new UserError($"{option}: name at least one host:port");
    }

    private static async Task<bool> EnsembleServes(LocalCluster cluster, CancellationToken cancellation)
    {
        var modes = new List<string?>();
        foreach (var server in cluster.Ensemble) modes.Add(await ModeOf("127.0.0.1", server.Port, cancellation));
        return modes.Count(m => m == "leader") == 1 && modes.Count(m => m == "follower") == modes.Count - 1;
    }

    private static async Task<bool> BrokersServe(LocalCluster cluster, CancellationToken cancellation)
    {
        foreach (var broker in cluster.Brokers)
        {
            if (await Metadata(broker.Address, [], cancellation) is not { } metadata) return false;
            if (metadata.Brokers.Length != LocalCluster.Size || metadata.ControllerId < 0) return false;
        }
        return true;
    }

    /// <summary>What one broker knows of the cluster; null if it doesn't answer.</summary>
    public static async Task<MetadataResponse?> Metadata(string address, IReadOnlyCollection<string>? topics, CancellationToken cancellation)
    {
        var (host, port) = ParseAddresses(address, "address")[0];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            using var connection = await KafkaConnection.ConnectAsync(TcpNetwork.Instance, host, port, "probe", patience.Token);
            return await connection.Send(Kafka.Protocol.Apis.Metadata, new() { Topics = topics?.Select(t => new MetadataTopicName { Name = t }).ToArray(), AllowAutoTopicCreation = false }).WaitAsync(patience.Token);
        }
        catch (Exception e) when (e is SocketException or IOException || e is OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
