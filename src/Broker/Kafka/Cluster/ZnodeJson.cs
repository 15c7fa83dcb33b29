using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>What the znodes hold, as Kafka 2.x writes it. Keys of our own (<c>elr</c>, <c>tail_kept</c>, <c>directory</c>) are left out where they say what their absence says.</summary>
internal static class ZnodeJson
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bytes of a value.</summary>
    /// <param name="value">What to write.</param>
    /// <param name="wallMs">The time, for people, that a controller's seat carries.</param>
    public static byte[] Write(MetadataValue value, long wallMs) => value switch
    {
        ControllerSeat seat => Json(w =>
        {
            w.WriteNumber("version", 1);
            w.WriteNumber("brokerid", seat.Broker.Value);
            w.WriteString("timestamp", Text(wallMs));
        }),
        ControllerTerm term => Encoding.ASCII.GetBytes(Text(term.Epoch)),
        ClusterName cluster => Json(w =>
        {
            w.WriteString("version", "1");
            w.WriteString("id", cluster.Id);
        }),
        BrokerRegistration registration => Json(w => WriteRegistration(w, registration)),
        TopicAssignment topic => Json(w =>
        {
            w.WriteNumber("version", 2);
            w.WriteStartObject("partitions");
            for (var i = 0; i < topic.Partitions.Length; i++) WriteBrokers(w, Text(i), topic.Partitions[i]);
            w.WriteEndObject();
            w.WriteStartObject("adding_replicas");
            w.WriteEndObject();
            w.WriteStartObject("removing_replicas");
            w.WriteEndObject();
        }),
        Replication.Control.TopicSettings settings => Json(w =>
        {
            w.WriteNumber("version", 1);
            w.WriteStartObject("config");
            foreach (var (name, text) in settings.Values) w.WriteString(name, text);
            w.WriteEndObject();
        }),
        PartitionEntry partition => Json(w => WriteState(w, partition.State)),
        PartitionList list => Json(w =>
        {
            w.WriteNumber("version", 1);
            w.WriteStartArray("partitions");
            foreach (var partition in list.Partitions)
            {
                w.WriteStartObject();
                w.WriteString("topic", partition.Topic);
                w.WriteNumber("partition", partition.Partition);
                w.WriteEndObject();
            }
            w.WriteEndArray();
        }),
        EmptyEntry => [],
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "no znode holds it"),
    };

    /// <summary>The value that bytes hold, of the kind that <paramref name="key"/> has.</summary>
    /// <param name="key">The entry.</param>
    /// <param name="bytes">The znode's data.</param>
    /// <param name="version">The znode's data version.</param>
    /// <exception cref="InvalidDataException">They are none.</exception>
    public static MetadataValue Read(MetadataKey key, ReadOnlyMemory<byte> bytes, int version)
    {
        try
        {
            return key.Kind switch
            {
                MetadataKind.ControllerEpoch => new ControllerTerm(int.Parse(bytes.Span, NumberStyles.None, CultureInfo.InvariantCulture)),
                MetadataKind.Deletion => EmptyEntry.Instance,
                _ => Read(key, JsonDocument.Parse(bytes).RootElement, version),
            };
        }
        catch (Exception e) when (e is JsonException or FormatException or OverflowException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{key.Path} of the ensemble holds what no broker writes: {e.Message}", e);
        }
    }

    private static MetadataValue Read(MetadataKey key, JsonElement json, int version) => key.Kind switch
    {
        MetadataKind.Controller => new ControllerSeat(new(json.GetProperty("brokerid").GetInt32())),
        MetadataKind.Cluster => new ClusterName(json.GetProperty("id").GetString()!),
        MetadataKind.Broker => ReadRegistration(json),
        MetadataKind.Topic => ReadAssignment(json.GetProperty("partitions")),
        MetadataKind.TopicSettings => new Replication.Control.TopicSettings(
            json.GetProperty("config").EnumerateObject().ToImmutableSortedDictionary(p => p.Name, p => p.Value.GetString() ?? "", StringComparer.Ordinal)),
        MetadataKind.Partition => new PartitionEntry(new(
            new(json.GetProperty("leader").GetInt32()),
            new(json.GetProperty("leader_epoch").GetInt32()),
            BrokerSet.Of(Brokers(json.GetProperty("isr"))),
            json.TryGetProperty("elr", out var elr) ? BrokerSet.Of(Brokers(elr)) : BrokerSet.Empty,
            json.GetProperty("controller_epoch").GetInt32(),
            version)),
        MetadataKind.IsrChange or MetadataKind.PreferredElection => new PartitionList(
            [.. json.GetProperty("partitions").EnumerateArray().Select(p => new PartitionId(p.GetProperty("topic").GetString()!, p.GetProperty("partition").GetInt32()))]),
        _ => throw new ArgumentOutOfRangeException(nameof(key), key, "a folder holds nothing"),
    };

    private static void WriteRegistration(Utf8JsonWriter w, BrokerRegistration registration)
    {
        w.WriteStartObject("listener_security_protocol_map");
        foreach (var endpoint in registration.Endpoints) w.WriteString(endpoint.Listener, endpoint.Protocol);
        w.WriteEndObject();
        w.WriteStartArray("endpoints");
        foreach (var endpoint in registration.Endpoints) w.WriteStringValue(endpoint.ToString());
        w.WriteEndArray();
        w.WriteNumber("jmx_port", registration.JmxPort);
        w.WriteString("host", registration.Endpoints[0].Host);
        w.WriteString("timestamp", Text(registration.TimestampMs));
        w.WriteNumber("port", registration.Endpoints[0].Port);
        w.WriteNumber("version", 4);
        if (!registration.TailKept) w.WriteBoolean("tail_kept", false);
        if (registration.Directory.Length > 0) w.WriteString("directory", registration.Directory);
    }

    private static BrokerRegistration ReadRegistration(JsonElement json)
    {
        var protocols = json.TryGetProperty("listener_security_protocol_map", out var map) ? map : default;
        var endpoints = json.GetProperty("endpoints").EnumerateArray().Select(e => ReadEndpoint(e.GetString()!, protocols)).ToImmutableArray();
        if (endpoints.IsEmpty) throw new FormatException("a broker without endpoints");
        return new(
            endpoints,
            !json.TryGetProperty("tail_kept", out var kept) || kept.GetBoolean(),
            json.TryGetProperty("directory", out var directory) ? directory.GetString()! : "",
            json.TryGetProperty("jmx_port", out var jmx) ? jmx.GetInt32() : -1,
            json.TryGetProperty("timestamp", out var time) && long.TryParse(time.GetString(), CultureInfo.InvariantCulture, out var ms) ? ms : 0);
    }

    /// <summary><c>LISTENER://host:port</c>; an IPv6 host stands in brackets.</summary>
    private static Endpoint ReadEndpoint(string text, JsonElement protocols)
    {
        var (scheme, colon) = (text.IndexOf("://", StringComparison.Ordinal), text.LastIndexOf(':'));
        if (scheme < 1 || colon <= scheme + 2) throw new FormatException($"{text} is no endpoint");
        var listener = text[..scheme];
        var protocol = protocols.ValueKind == JsonValueKind.Object && protocols.TryGetProperty(listener, out var p) ? p.GetString()! : listener;
        return new(listener, protocol, text[(scheme + 3)..colon], int.Parse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private static TopicAssignment ReadAssignment(JsonElement partitions)
    {
        var byNumber = partitions.EnumerateObject().ToImmutableSortedDictionary(p => int.Parse(p.Name, NumberStyles.None, CultureInfo.InvariantCulture), p => Brokers(p.Value).ToImmutableArray());
        if (!byNumber.IsEmpty && byNumber.Last().Key != byNumber.Count - 1) throw new FormatException("partition numbers with gaps");
        return new([.. byNumber.Values]);
    }

    private static void WriteState(Utf8JsonWriter w, PartitionState state)
    {
        w.WriteNumber("controller_epoch", state.ControllerEpoch);
        w.WriteNumber("leader", state.Leader.Value);
        w.WriteNumber("version", 1);
        w.WriteNumber("leader_epoch", state.LeaderEpoch.Value);
        WriteBrokers(w, "isr", state.Isr);
        if (!state.Elr.IsEmpty) WriteBrokers(w, "elr", state.Elr);
    }

    private static void WriteBrokers(Utf8JsonWriter w, string name, IEnumerable<BrokerId> brokers)
    {
        w.WriteStartArray(name);
        foreach (var broker in brokers) w.WriteNumberValue(broker.Value);
        w.WriteEndArray();
    }

    private static IEnumerable<BrokerId> Brokers(JsonElement array) => array.EnumerateArray().Select(e => new BrokerId(e.GetInt32()));

    private static byte[] Json(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
