using System.Collections;
using System.Reflection;
using System.Text;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Integration.Kafka;

public sealed class Codec
{
    public static TheoryData<ApiKey, short> AllVersions()
    {
        var all = new TheoryData<ApiKey, short>();
        foreach (var api in Apis.All)
            for (var version = api.First; version <= api.Last; version++) all.Add(api.Key, version);
        return all;
    }

    [Theory, MemberData(nameof(AllVersions))]
    public void A_message_that_was_written_reads_as_it_was_in_what_the_version_has(ApiKey key, short version)
    {
        var (request, response) = MessagesOf(Apis.Of(key)!);
        foreach (var type in new[] { request, response }) RoundTrips.MakeGenericMethod(type).Invoke(null, [version, Apis.Of(key)!.Flexible.Contains(version)]);
    }

    [Theory, MemberData(nameof(AllVersions))]
    public void A_message_cut_short_is_malformed_and_never_half_read(ApiKey key, short version)
    {
        var (request, response) = MessagesOf(Apis.Of(key)!);
        foreach (var type in new[] { request, response }) RefusesCuts.MakeGenericMethod(type).Invoke(null, [version, Apis.Of(key)!.Flexible.Contains(version)]);
    }

    [Fact]
    public void A_count_beyond_what_is_left_is_refused_before_anything_is_allocated()
    {
        byte[] frame = [0xff, 0xff, 0, 1, 0, 0, 0, 9, 0x7f, 0xff, 0xff, 0xff];     // Produce 3 with 2³¹ − 1 topics
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<MalformedRequestException>(() =>
        {
            var reader = new WireReader(frame);
            Apis.Produce.ReadRequest(ref reader, 3);
        });
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Metadata_4_as_bytes() => Golden(Apis.Metadata, 4, new MetadataRequest { Topics = [new() { Name = "ab" }], AllowAutoTopicCreation = false },
        "00000001 0002 6162 00");

    [Fact]
    public void Metadata_0_of_all_topics_has_none() => Golden(Apis.Metadata, 0, new MetadataRequest { Topics = [] }, "00000000");

    [Fact]
    public void Metadata_1_of_all_topics_has_null() => Golden(Apis.Metadata, 1, new MetadataRequest { Topics = null }, "ffffffff");

    [Fact]
    public void ApiVersions_3_as_bytes() => Golden(Apis.ApiVersions, 3, new ApiVersionsRequest { ClientSoftwareName = "kc", ClientSoftwareVersion = "1" }, "03 6b63 02 31 00");

    [Fact]
    public void StopReplica_3_is_flexible() => Golden(Apis.StopReplica, 3,
        new StopReplicaRequest { ControllerId = 1, ControllerEpoch = 2, BrokerEpoch = 3, Topics = [new() { Name = "t", Partitions = [new() { Index = 4, LeaderEpoch = 5, Delete = true }] }] },
        "00000001 00000002 0000000000000003 02 0274 02 00000004 00000005 01 00 00 00");

    [Fact]
    public void The_eligible_leader_replicas_are_a_tagged_field_of_LeaderAndIsr_4()
    {
        var request = new LeaderAndIsrRequest { Topics = [new() { Name = "t", Partitions = [new() { Index = 1, Leader = 2, Isr = [2], Replicas = [2, 3], Elr = [77] }] }] };
        var bytes = Convert.ToHexString(Write(request, LeaderAndIsrRequest.Layout, 4, flexible: true)).ToLowerInvariant();
        Assert.Contains("01" + "64" + "05" + "020000004d", bytes, StringComparison.Ordinal);
        Assert.DoesNotContain("020000004D", Convert.ToHexString(Write(request, LeaderAndIsrRequest.Layout, 3, flexible: false)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tag_that_is_not_known_is_passed_over()
    {
        var reader = new WireReader(Convert.FromHexString("03" + "6b63" + "0231" + "01" + "07" + "02" + "abcd"));
        Assert.Equal("kc", Apis.ApiVersions.ReadRequest(ref reader, 3).ClientSoftwareName);
    }

    [Fact]
    public void Records_are_a_slice_of_the_frame_and_long_ones_are_written_from_where_they_are()
    {
        var records = new byte[10_000];
        using var writer = new WireWriter();
        Apis.Produce.WriteRequest(writer, new() { Topics = [new() { Name = "t", Partitions = [new() { Records = new(records) }] }] }, 7);
        Assert.Contains(writer.Parts(), part => part.Memory.Equals(records.AsMemory()));
        var frame = writer.ToArray();
        var reader = new WireReader(frame);
        var read = Apis.Produce.ReadRequest(ref reader, 7).Topics[0].Partitions[0].Records.Memory;
        Assert.True(read.Span.Overlaps(frame));
    }

    private static void Golden<TRequest, TResponse>(Api<TRequest, TResponse> api, short version, TRequest request, string hex)
        where TRequest : Message, IMessage<TRequest>, new() where TResponse : Message, IMessage<TResponse>, new()
    {
        var expected = hex.Replace(" ", "", StringComparison.Ordinal);
        using var writer = new WireWriter();
        api.WriteRequest(writer, request, version);
        Assert.Equal(expected, Convert.ToHexString(writer.ToArray()).ToLowerInvariant());
        var reader = new WireReader(Convert.FromHexString(expected));
        Assert.Equal(writer.ToArray(), Write(api.ReadRequest(ref reader, version), TRequest.Layout, version, api.Flexible.Contains(version)));
    }

    private static readonly MethodInfo RoundTrips = typeof(Codec).GetMethod(nameof(RoundTrip), BindingFlags.NonPublic | BindingFlags.Static)!;
    private static readonly MethodInfo RefusesCuts = typeof(Codec).GetMethod(nameof(RefuseCuts), BindingFlags.NonPublic | BindingFlags.Static)!;

    private static (Type Request, Type Response) MessagesOf(Api api) => (api.GetType().GetGenericArguments()[0], api.GetType().GetGenericArguments()[1]);

    private static void RoundTrip<T>(short version, bool flexible) where T : Message, IMessage<T>, new()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var message = (T)Draw(typeof(T), T.Layout, version, new Random(seed));
            var bytes = Write(message, T.Layout, version, flexible);
            var reader = new WireReader(bytes);
            var read = T.Layout.For(version, flexible).Read(ref reader);
            reader.End();
            Assert.Equal(Render(message), Render(read));
            Assert.Equal(bytes, Write(read, T.Layout, version, flexible));
        }
    }

    private static void RefuseCuts<T>(short version, bool flexible) where T : Message, IMessage<T>, new()
    {
        var bytes = Write((T)Draw(typeof(T), T.Layout, version, new Random(7)), T.Layout, version, flexible);
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes.AsMemory(0, length).ToArray();
            Assert.Throws<MalformedRequestException>(() =>
            {
                var reader = new WireReader(cut);
                T.Layout.For(version, flexible).Read(ref reader);
            });
        }
    }

    private static byte[] Write<T>(T message, Layout<T> layout, short version, bool flexible) where T : class, new()
    {
        using var writer = new WireWriter();
        layout.For(version, flexible).Write(writer, message);
        return writer.ToArray();
    }

    /// <summary>A message with drawn values in all that the version has, and the defaults elsewhere.</summary>
    private static object Draw(Type type, IEnumerable layout, short version, Random random)
    {
        var message = Activator.CreateInstance(type)!;
        foreach (var field in layout)
        {
            var (name, versions, nullable) = (Of<string>(field, "Name"), Of<Versions>(field, "Versions"), Of<Versions>(field, "NullableVersions"));
            if (versions.Contains(version)) type.GetField(name)!.SetValue(message, DrawValue(type.GetField(name)!.FieldType, nullable.Contains(version), version, random));
        }
        return message;
    }

    private static object? DrawValue(Type type, bool nullable, short version, Random random)
    {
        if (nullable && random.Next(4) == 0) return type.IsValueType ? Activator.CreateInstance(type) : null;
        if (type == typeof(bool)) return random.Next(2) == 1;
        if (type == typeof(sbyte)) return (sbyte)random.Next(-128, 128);
        if (type == typeof(short)) return (short)random.Next(short.MinValue, short.MaxValue + 1);
        if (type == typeof(ErrorCode)) return (ErrorCode)random.Next(-1, 90);
        if (type == typeof(int)) return random.Next();
        if (type == typeof(long)) return random.NextInt64() - random.NextInt64();
        if (type == typeof(string)) return new string('ö', random.Next(200));
        if (type == typeof(byte[])) return Encoding.ASCII.GetBytes(new string('b', random.Next(5) * random.Next(3000)));
        if (type == typeof(Records)) return new Records(Encoding.ASCII.GetBytes(new string('r', random.Next(5) * random.Next(3000))));
        var elements = Array.CreateInstance(type.GetElementType()!, random.Next(3));
        var layout = type.GetElementType()!.GetProperty("Layout")?.GetValue(null) as IEnumerable;
        for (var i = 0; i < elements.Length; i++)
            elements.SetValue(layout is null ? DrawValue(type.GetElementType()!, false, version, random) : Draw(type.GetElementType()!, layout, version, random), i);
        return elements;
    }

    private static V Of<V>(object of, string property) => (V)of.GetType().GetProperty(property)!.GetValue(of)!;

    private static string Render(object? value) => value switch
    {
        null => "null",
        string text => text,
        Records records => records.IsNull ? "null" : Convert.ToHexString(records.Memory.Span),
        Array array => $"[{string.Join(',', array.Cast<object>().Select(Render))}]",
        _ when value.GetType().IsPrimitive || value is Enum => value.ToString()!,
        _ => $"({string.Join(',', value.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance).Select(field => $"{field.Name}={Render(field.GetValue(value))}"))})",
    };
}
