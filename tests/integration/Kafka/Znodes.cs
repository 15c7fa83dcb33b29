using System.Text;
using Reference.Broker.Kafka.Cluster;
using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Integration.Kafka;

public sealed class Znodes
{
    [Fact]
    public void Values_are_written_as_Kafka_writes_them_and_read_back()
    {
        Check(MetadataKey.Controller, new ControllerSeat(new(1)), """{"version":1,"brokerid":1,"timestamp":"5"}""");
        Check(MetadataKey.ControllerEpoch, new ControllerTerm(7), "7");
        Check(MetadataKey.Cluster, new ClusterName("abc"), """{"version":"1","id":"abc"}""");
        Check(MetadataKey.Broker(new(1)), new BrokerRegistration([new("PLAINTEXT", "PLAINTEXT", "h", 9092)], TimestampMs: 5),
            """{"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"endpoints":["PLAINTEXT://h:9092"],"jmx_port":-1,"host":"h","timestamp":"5","port":9092,"version":4}""");
        Check(MetadataKey.Topic("t"), new TopicAssignment([[new(2), new(1)], [new(1), new(2)]]),
            """{"version":2,"partitions":{"0":[2,1],"1":[1,2]},"adding_replicas":{},"removing_replicas":{}}""");
        Check(MetadataKey.TopicSettings("t"), new TopicSettings(ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("min.insync.replicas", "2")),
            """{"version":1,"config":{"min.insync.replicas":"2"}}""");
        Check(MetadataKey.Partition(new("t", 0)), new PartitionEntry(new(new(1), new(3), [new(1), new(2)], [], 4, 9)),
            """{"controller_epoch":4,"leader":1,"version":1,"leader_epoch":3,"isr":[1,2]}""");
        Check(MetadataKey.Partition(new("t", 0)), new PartitionEntry(new(new(1), new(3), [new(1)], [new(2)], 4, 9)),
            """{"controller_epoch":4,"leader":1,"version":1,"leader_epoch":3,"isr":[1],"elr":[2]}""");
        Check(MetadataKey.IsrChange("isr_change_0"), new PartitionList([new("t", 0)]), """{"version":1,"partitions":[{"topic":"t","partition":0}]}""");
    }

    [Fact]
    public void A_topic_of_version_1_is_read() =>
        Assert.Equal(new TopicAssignment([[new(1)]]).ToString(), ZnodeJson.Read(MetadataKey.Topic("t"), """{"version":1,"partitions":{"0":[1]}}"""u8.ToArray(), 0).ToString());

    [Fact]
    public void What_no_broker_writes_is_refused_by_name()
    {
        var refused = Assert.Throws<InvalidDataException>(() => ZnodeJson.Read(MetadataKey.Partition(new("t", 0)), "nonsense"u8.ToArray(), 0));
        Assert.Contains("/brokers/topics/t/partitions/0/state", refused.Message, StringComparison.Ordinal);
    }

    private static void Check(MetadataKey key, MetadataValue value, string json)
    {
        var bytes = ZnodeJson.Write(value, 5);
        Assert.Equal(json, Encoding.UTF8.GetString(bytes));
        Assert.Equal(Fingerprint.Of(value), Fingerprint.Of(ZnodeJson.Read(key, bytes, 9)));
    }
}
