using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using ErrorCode = Confluent.Kafka.ErrorCode;
using ConfigResource = Confluent.Kafka.Admin.ConfigResource;

namespace Reference.Integration.Clients;

/// <summary>An administrator changes the settings of a topic that is in use.</summary>
[Collection(SharedCluster.Name)]
public sealed class Settings(LocalClusterFixture fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact, Trait("Rule", "CTRL-CONFIG-3")]
    public async Task Settings_change_at_once_on_every_broker()
    {
        await fixture.ServingAsync();
        var topic = fixture.NewName("settings");
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = fixture.Cluster.Bootstrap }).Build();
        await admin.CreateTopicsAsync([new() { Name = topic, NumPartitions = 3, ReplicationFactor = 3 }]);
        using var producer = new ProducerBuilder<string, byte[]>(new ProducerConfig { BootstrapServers = fixture.Cluster.Bootstrap, Acks = Acks.All }).Build();

        await Change(Entry("max.message.bytes", "500", AlterConfigOpType.Set), Entry("retention.ms", "77777777", AlterConfigOpType.Set));
        for (var partition = 0; partition < 3; partition++) await Until(partition, ErrorCode.MsgSizeTooLarge);
        Assert.Equal(("500", "77777777"), (await Told("max.message.bytes"), await Told("retention.ms")));

        await Change(Entry("max.message.bytes", null, AlterConfigOpType.Delete), Entry("cleanup.policy", "compact", AlterConfigOpType.Append));
        for (var partition = 0; partition < 3; partition++) await Until(partition, ErrorCode.NoError);
        Assert.Equal(("delete,compact", "77777777"), (await Told("cleanup.policy"), await Told("retention.ms")));

        await Replace(Entry("segment.bytes", "1000000"));
        Assert.Equal(("1000000", "delete"), (await Told("segment.bytes"), await Told("cleanup.policy")));
        Assert.NotEqual("77777777", await Told("retention.ms"));

        Assert.Equal(ErrorCode.InvalidConfig, await Refused(topic, "no.such.setting", "1"));
        Assert.Equal(ErrorCode.InvalidRequest, await Refused(topic, "retention.ms", "soon"));
        Assert.Equal(ErrorCode.UnknownTopicOrPart, await Refused(topic + "-not", "retention.ms", "1"));
        Assert.Equal("1000000", await Told("segment.bytes"));

        Task Change(params ConfigEntry[] entries) => admin.IncrementalAlterConfigsAsync(new() { [Resource(topic)] = [.. entries] });

        Task Replace(params ConfigEntry[] entries) => admin.AlterConfigsAsync(new() { [Resource(topic)] = [.. entries] });

        async Task<string> Told(string name) => (await admin.DescribeConfigsAsync([Resource(topic)]))[0].Entries[name].Value;

        async Task<ErrorCode> Refused(string of, string name, string value)
        {
            var e = await Assert.ThrowsAsync<IncrementalAlterConfigsException>(() => admin.IncrementalAlterConfigsAsync(new() { [Resource(of)] = [Entry(name, value, AlterConfigOpType.Set)] }));
            return Assert.Single(e.Results).Error.Code;
        }

        async Task Until(int partition, ErrorCode error)
        {
            var patience = DateTime.UtcNow + Limit;
            while (await Produce(partition) != error) Assert.True(DateTime.UtcNow < patience, $"partition {partition} didn't answer {error} in {Limit}");
        }

        async Task<ErrorCode> Produce(int partition)
        {
            try
            {
                return (await producer.ProduceAsync(new TopicPartition(topic, partition), new() { Key = "k", Value = new byte[1000] })).Status == PersistenceStatus.Persisted ? ErrorCode.NoError : ErrorCode.Unknown;
            }
            catch (ProduceException<string, byte[]> e)
            {
                return e.Error.Code;
            }
        }
    }

    [Fact, Trait("Rule", "CTRL-CONFIG-3")]
    public async Task Brokers_settings_change_at_once_for_all_or_for_one()
    {
        await fixture.ServingAsync();
        var topic = fixture.NewName("defaults");
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = fixture.Cluster.Bootstrap }).Build();
        await admin.CreateTopicsAsync([new() { Name = topic, NumPartitions = 1, ReplicationFactor = 3 }]);
        var before = await Told(Resource(topic), "index.interval.bytes");
        try
        {
            await Change("", Entry("log.index.interval.bytes", "5000"));
            await Until(Resource(topic), "5000");
            await Until(Broker("2"), "5000", "log.index.interval.bytes");
            Assert.Equal(ConfigSource.DynamicDefaultBrokerConfig, (await admin.DescribeConfigsAsync([Broker("2")]))[0].Entries["log.index.interval.bytes"].Source);

            await Change("2", Entry("log.index.interval.bytes", "6000"));
            await Until(Broker("2"), "6000", "log.index.interval.bytes");
            await Until(Broker("1"), "5000", "log.index.interval.bytes");

            await Refused("", "log.index.interval.bytes", "many");
            await Refused("", "num.partitions", "7");
            Assert.Equal("6000", await Told(Broker("2"), "log.index.interval.bytes"));
        }
        finally
        {
            await Change("2", Entry("log.index.interval.bytes", null, AlterConfigOpType.Delete));
            await Change("", Entry("log.index.interval.bytes", null, AlterConfigOpType.Delete));
        }
        await Until(Broker("2"), before, "log.index.interval.bytes");
        await Until(Resource(topic), before);

        Task Change(string broker, params ConfigEntry[] entries) => Altered(broker, entries, ErrorCode.NoError);

        Task Refused(string broker, string name, string value) => Altered(broker, [Entry(name, value)], ErrorCode.InvalidRequest);

        // Confluent's client can't name all brokers, whose name is empty: so it is asked by hand, of the broker that is named, or of any.
        async Task Altered(string broker, ConfigEntry[] entries, ErrorCode error)
        {
            var asked = fixture.Cluster.Brokers.Single(b => b.Id == (broker.Length == 0 ? 1 : int.Parse(broker, CultureInfo.InvariantCulture)));
            using var connection = await KafkaConnection.ConnectAsync(TcpNetwork.Instance, "127.0.0.1", asked.Port, "test", default);
            var answer = await connection.Send(Apis.IncrementalAlterConfigs, new IncrementalAlterConfigsRequest
            {
                Resources = [new() { Type = 4, Name = broker, Configs = [.. entries.Select(e => new ChangedConfig { Name = e.Name, Operation = (sbyte)e.IncrementalOperation, Value = e.Value })] }],
            });
            Assert.Equal((short)error, (short)Assert.Single(answer.Results).Error);
        }

        async Task<string> Told(ConfigResource of, string name) => (await admin.DescribeConfigsAsync([of]))[0].Entries[name].Value;

        async Task Until(ConfigResource of, string value, string name = "index.interval.bytes")
        {
            var patience = DateTime.UtcNow + Limit;
            while (await Told(of, name) is var told && told != value) Assert.True(DateTime.UtcNow < patience, $"{of.Name} still has {name}={told}, not {value}, after {Limit}");
        }

        static ConfigResource Broker(string name) => new() { Type = ResourceType.Broker, Name = name };
    }

    private static ConfigResource Resource(string topic) => new() { Type = ResourceType.Topic, Name = topic };

    private static ConfigEntry Entry(string name, string? value, AlterConfigOpType operation = AlterConfigOpType.Set) => new() { Name = name, Value = value, IncrementalOperation = operation };
}
