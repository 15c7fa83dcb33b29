using System.Buffers;
using CsCheck;
using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Jute;

namespace Reference.Integration.ZooKeeper.Jute;

/// <summary>Every record of the protocol: there and back, cut short, and replaced by garbage.</summary>
public sealed class Records
{
    private delegate void Check(int seed);

    /// <summary>All record types of the broker's assembly.</summary>
    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        foreach (var type in Types) names.Add(type.Name);
        return names;
    }

    [Theory, MemberData(nameof(Names))]
    public void What_is_written_is_read_back(string name) => ForEach(name, nameof(RoundTrip));

    [Theory, MemberData(nameof(Names))]
    public void A_frame_cut_short_is_refused_with_the_reason(string name) => ForEach(name, nameof(Truncated));

    [Theory, MemberData(nameof(Names))]
    public void Garbage_is_read_as_something_or_refused_and_never_costs_much_more_than_its_length(string name) => ForEach(name, nameof(Garbage));

    private static IEnumerable<Type> Types =>
        typeof(IRecord).Assembly.GetTypes().Where(t => t.IsValueType && t.IsAssignableTo(typeof(IRecord))).OrderBy(t => t.Name, StringComparer.Ordinal);

    private static void ForEach(string name, string check)
    {
        var type = Types.Single(t => t.Name == name);
        var method = typeof(Records).GetMethod(check, System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!;
        var call = method.MakeGenericMethod(type).CreateDelegate<Check>();
        Gen.Int.Sample(seed => call(seed), iter: 300, threads: 1);
    }

    private static T Draw<T>(int seed) where T : struct, IRecord
    {
        var draw = new JuteDraw(new Random(seed));
        var value = default(T);
        draw.Record(ref value);
        return value;
    }

    private static byte[] Bytes<T>(T value) where T : struct, IRecord
    {
        var buffer = new ArrayBufferWriter<byte>();
        new JuteWriter(buffer).Write(value);
        return buffer.WrittenSpan.ToArray();
    }

    private static void RoundTrip<T>(int seed) where T : struct, IRecord
    {
        var value = Draw<T>(seed);
        var bytes = Bytes(value);
        if (value is not IMultiItem) Assert.True(bytes.Length >= JuteSize.Least<T>());
        var reader = new JuteReader(bytes);
        var read = reader.Read<T>();
        Assert.Equal(0, reader.Left);
        Assert.Equal(JuteText.Of(value), JuteText.Of(read));
    }

    private static void Truncated<T>(int seed) where T : struct, IRecord
    {
        var bytes = Bytes(Draw<T>(seed));
        if (bytes.Length == 0) return;
        var cut = bytes.AsSpan(0, new Random(seed).Next(bytes.Length)).ToArray();
        if (cut.Length == bytes.Length - 1 && typeof(T).GetFields().Any(f => f.FieldType == typeof(bool?))) return;     // a field that may be absent
        Assert.NotEmpty(Assert.Throws<MalformedFrameException>(() => { new JuteReader(cut).Read<T>(); }).Message);
    }

    private static void Garbage<T>(int seed) where T : struct, IRecord
    {
        var random = new Random(seed);
        var bytes = Bytes(Draw<T>(seed));
        if (random.Next(2) == 0) random.NextBytes(bytes);
        for (var i = random.Next(4); i > 0 && bytes.Length > 0; i--) bytes[random.Next(bytes.Length)] = (byte)(random.Next(2) == 0 ? 0x7f : random.Next(256));
        Try<T>(bytes);      // so that nothing is compiled while allocations are counted
        var before = GC.GetAllocatedBytesForCurrentThread();
        Try<T>(bytes);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated <= 64L * bytes.Length + 8192, $"{allocated} bytes allocated for a frame of {bytes.Length}");
    }

    private static void Try<T>(byte[] bytes) where T : struct, IRecord
    {
        try
        {
            new JuteReader(bytes).Read<T>();
        }
        catch (MalformedFrameException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }
}
