namespace Reference.Integration.Clients;

/// <summary>kafka-python, a client that shares no code with librdkafka.</summary>
[Collection(SharedCluster.Name)]
public sealed class KafkaPython(LocalClusterFixture fixture)
{
    [InstalledFact(Installed.KafkaPython)]
    public async Task What_it_produces_it_consumes_by_assignment()
    {
        var printed = await Installed.RunPython("""
            import sys
            from kafka import KafkaConsumer, KafkaProducer, TopicPartition
            from kafka.admin import KafkaAdminClient, NewTopic

            bootstrap, topic = sys.argv[1].split(","), sys.argv[2]
            admin = KafkaAdminClient(bootstrap_servers=bootstrap)
            admin.create_topics([NewTopic(topic, 3, 3)])
            admin.close()
            producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", retries=100, max_in_flight_requests_per_connection=1, max_block_ms=90000)
            sent = [producer.send(topic, key=b"key %d" % (i % 7), value=b"value %04d" % i) for i in range(500)]
            acknowledged = [future.get(90) for future in sent]
            producer.close()

            consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False, consumer_timeout_ms=90000)
            parts = [TopicPartition(topic, p) for p in range(3)]
            consumer.assign(parts)
            ends = consumer.end_offsets(parts)
            read = {}
            for record in consumer:
                read[(record.partition, record.offset)] = (record.key, record.value)
                if all(consumer.position(p) >= ends[p] for p in parts): break
            for i, meta in enumerate(acknowledged):
                assert read[(meta.partition, meta.offset)] == (b"key %d" % (i % 7), b"value %04d" % i), (i, meta)
            print("read", len(acknowledged))
            """, fixture.Cluster.Bootstrap, fixture.NewName("python"));
        Assert.Equal("read 500", printed.Trim());
    }
}
