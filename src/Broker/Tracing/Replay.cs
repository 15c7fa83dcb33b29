using System.Buffers.Binary;
using MessagePack;
using Reference.Broker.Storage;

namespace Reference.Broker.Tracing;

/// <summary>What came of feeding a trace to the cores again.</summary>
/// <param name="Cores">Each core in the trace: its kind, its name, how many steps it took.</param>
/// <param name="TornBytes">Bytes at the end that a killed process left half-written.</param>
/// <param name="Difference">The first step that differs from the trace, or breaks a claim, in words; null if all conform.</param>
public sealed record ReplayReport(IReadOnlyList<(string Kind, string Name, long Steps)> Cores, long TornBytes, string? Difference)
{
    /// <summary>Whether every step conforms.</summary>
    public bool Conforms => Difference is null;
}

/// <summary>Feeds the inputs of a trace to the cores again, and compares effects and states; every claim is evaluated after every step.</summary>
public static class Replay
{
    private const int LongestFrame = 1 << 30;

    /// <summary>Replays a trace up to its end, or to the first difference.</summary>
    /// <exception cref="InvalidDataException">It's no trace.</exception>
    public static ReplayReport Run(Stream trace)
    {
        var magic = new byte[TraceWriter.Magic.Length];
        if (trace.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !TraceWriter.Magic.SequenceEqual(magic)) throw new InvalidDataException("this is no trace");

        List<IReplayedCore> cores = [];
        var codec = new TraceCodec();
        string? difference = null;
        var end = trace.Position;
        while (difference is null && ReadFrame(trace) is { } frame)
        {
            difference = Take(codec, cores, frame);
            end = trace.Position;
        }
        return new([.. cores.Select(c => (c.Kind, c.Name, c.Steps))], difference is null ? trace.Length - end : 0, difference);
    }

    private static string? Take(TraceCodec codec, List<IReplayedCore> cores, byte[] frame)
    {
        var reader = new MessagePackReader(frame);
        var kind = reader.ReadInt32();
        var number = reader.ReadInt32();
        if (kind == TraceWriter.StepFrame) return cores[number].Step(codec, ref reader);

        var core = reader.ReadString();
        var name = reader.ReadString()!;
        var header = new object[reader.ReadArrayHeader()];
        for (var i = 0; i < header.Length; i++) header[i] = codec.Read<object>(ref reader);
        var definition = TracedCores.All.FirstOrDefault(c => c.Kind == core) ?? throw new InvalidDataException($"a core of the unknown kind {core}");
        cores.Add(definition.Replay(name, header));
        return null;
    }

    private static byte[]? ReadFrame(Stream trace)
    {
        Span<byte> header = stackalloc byte[TraceWriter.FrameHeader];
        if (trace.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length) return null;
        var length = BinaryPrimitives.ReadInt32BigEndian(header);
        if (length is < 0 or > LongestFrame) return null;
        var frame = new byte[length];
        if (trace.ReadAtLeast(frame, length, throwOnEndOfStream: false) < length) return null;
        return BinaryPrimitives.ReadUInt32BigEndian(header[4..]) == Crc32C.Of(frame) ? frame : null;
    }
}

/// <summary>A core that is fed a trace's inputs.</summary>
internal interface IReplayedCore
{
    string Kind { get; }

    string Name { get; }

    long Steps { get; }

    /// <summary>Takes the step that the reader stands at; says what differs, if anything does.</summary>
    string? Step(TraceCodec codec, ref MessagePackReader reader);
}

/// <inheritdoc cref="IReplayedCore"/>
internal sealed class ReplayedCore<TState, TInput, TEffect> : IReplayedCore
    where TState : IFingerprinted
    where TInput : class
    where TEffect : class
{
    private readonly TracedCore<TState, TInput, TEffect> _core;
    private readonly Func<TState, TInput, Step<TState, TEffect>> _take;
    private TState _state;

    public ReplayedCore(TracedCore<TState, TInput, TEffect> core, string name, IReadOnlyList<object> header)
    {
        (_core, Name) = (core, name);
        (_state, _take) = core.Begin(header);
    }

    public string Kind => _core.Kind;

    public string Name { get; }

    public long Steps { get; private set; }

    public string? Step(TraceCodec codec, ref MessagePackReader reader)
    {
        var input = (TInput)codec.Read<object>(ref reader);
        var (effects, state) = (reader.ReadUInt64(), reader.ReadUInt64());
        var texts = new string[reader.ReadArrayHeader()];
        for (var i = 0; i < texts.Length; i++) texts[i] = reader.ReadString() ?? "";

        var before = _state;
        var step = _take(before, input);
        var place = $"{Kind} {Name}, step {Steps}, {input}";
        if (TracedCore<TState, TInput, TEffect>.HashOf(step.Effects) != effects)
            return $"{place}: the trace has the effects [{string.Join("; ", texts)}], the core answers [{string.Join("; ", step.Effects)}]";
        if (_core.HashOf(step.State, Steps) != state) return $"{place}: the state after it differs; the core is at {step.State}";
        foreach (var claim in TracedCore<TState, TInput, TEffect>.IsWhole(Steps) ? _core.OfNodes : [])
            if (!claim.Holds(step.State)) return $"{place}: broke {claim}";
        foreach (var claim in _core.OfSteps)
            if (!claim.Holds((before, step.State))) return $"{place}: broke {claim}";

        _state = step.State;
        Steps++;
        return null;
    }
}
