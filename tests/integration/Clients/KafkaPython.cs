using Reference.Integration.Clients.Groups;

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

    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InstalledTheory(Installed.KafkaPythonCodecs)]
    public async Task What_it_produces_with_a_codec_a_group_of_it_reads_in_the_order_of_keys(string codec)
    {
        await fixture.ServingAsync();
        var printed = await Installed.RunPython("""
            import sys
            from kafka import KafkaConsumer, KafkaProducer

            bootstrap, topic, codec = sys.argv[1].split(","), sys.argv[2], sys.argv[3]
            producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", retries=100, max_in_flight_requests_per_connection=1, max_block_ms=90000, compression_type=codec)
            for future in [producer.send(topic, key=b"key %d" % (i % 7), value=b"value %04d" % i) for i in range(500)]: future.get(90)
            producer.close()
            consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=topic + "-reads", auto_offset_reset="earliest", consumer_timeout_ms=90000)
            of_key, read = {}, 0
            for record in consumer:
                assert record.value > of_key.get(record.key, b""), record
                of_key[record.key] = record.value
                read += 1
                if read == 500: break
            consumer.close()
            print("read", read, "of", len(of_key), "keys")
            """, fixture.Cluster.Bootstrap, fixture.NewName($"python-{codec}"), codec);
        Assert.Equal("read 500 of 7 keys", printed.Trim());
    }

    [InstalledFact(Installed.KafkaPython)]
    public Task A_group_of_three_survives_a_member_and_its_coordinator() =>
        GroupScenario.RunAsync(fixture, "python", (bootstrap, group, topic) => GroupMember.Start(Installed.Python, Path.Combine(AppContext.BaseDirectory, "Clients/Groups/member.py"), bootstrap, group, topic));

    /// <summary>Its consumer fetches with versions from before zstd, and is told so; another client's reads.</summary>
    [InstalledFact(Installed.KafkaPythonCodecs)]
    public async Task What_it_produces_with_zstd_others_read()
    {
        await fixture.ServingAsync();
        var topic = fixture.NewName("python-zstd");
        await Installed.RunPython("""
            import sys
            from kafka import KafkaProducer
            producer = KafkaProducer(bootstrap_servers=sys.argv[1].split(","), acks="all", retries=100, max_in_flight_requests_per_connection=1, max_block_ms=90000, compression_type="zstd")
            for future in [producer.send(sys.argv[2], value=b"value %04d" % i) for i in range(500)]: future.get(90)
            producer.close()
            """, fixture.Cluster.Bootstrap, topic);
        var consumed = await Installed.Run(Installed.Kcat, "", "-b", fixture.Cluster.Bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-q");
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"value {i:D4}"), consumed.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }
}
