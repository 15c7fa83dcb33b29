using System.Buffers;
using System.Buffers.Binary;
using MessagePack;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Broker.Storage;

namespace Reference.Broker.Tracing;

/// <summary>Keeps every input of a process's cores, and what they answered, in one file (<c>--trace FILE</c>).</summary>
/// <remarks>
/// <c>RFTRACE1</c>, then frames: length int32 and CRC-32C of the content, both big-endian, and the content in MessagePack. A frame is a core (1, number, kind, name, header values) or a step
/// (2, core's number, input, hash of the effects, hash of the state after it, effects as text). What a killed process had flushed is readable.
/// </remarks>
public sealed class TraceWriter : IDisposable
{
    internal const int CoreFrame = 1, StepFrame = 2, FrameHeader = 8;
    private const int FlushBytes = 32 * 1024;

    private readonly IFile _file;
    private readonly object _gate = new();
    private readonly TraceCodec _codec = new();
    private readonly ArrayBufferWriter<byte> _frame = new();
    private readonly ArrayBufferWriter<byte> _waiting = new();
    private long _length;
    private int _cores;

    /// <summary>Begins a trace in <paramref name="file"/>, in place of what was in it.</summary>
    public TraceWriter(IFile file)
    {
        _file = file;
        file.SetLength(0);
        _waiting.Write(Magic);
        Flush();
    }

    /// <summary>Begins a trace in the file at <paramref name="path"/>.</summary>
    /// <exception cref="UserError">It can't be written there.</exception>
    public static TraceWriter At(string path)
    {
        try
        {
            var full = Path.GetFullPath(path);
            return new(new FileDisk(Path.GetDirectoryName(full)!).Open(Path.GetFileName(full), create: true));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"can't write a trace to {path}: {e.Message}; give --trace a file that can be written");
        }
    }

    internal static ReadOnlySpan<byte> Magic => "RFTRACE1"u8;

    /// <summary>The observer that keeps the steps of one core.</summary>
    /// <param name="core">Its kind.</param>
    /// <param name="name">Its name among its kind.</param>
    /// <param name="header">What it was set up with: settings, then initial state.</param>
    public IStepObserver<TState, TInput, TEffect> Of<TState, TInput, TEffect>(TracedCore<TState, TInput, TEffect> core, string name, params object[] header)
        where TState : IFingerprinted
        where TInput : class
        where TEffect : class
    {
        lock (_gate)
        {
            var writer = new MessagePackWriter(_frame);
            writer.Write(CoreFrame);
            writer.Write(_cores);
            writer.Write(core.Kind);
            writer.Write(name);
            writer.WriteArrayHeader(header.Length);
            foreach (var value in header) _codec.Write(ref writer, value);
            writer.Flush();
            EndFrame();
            return new Observer<TState, TInput, TEffect>(this, core, _cores++);
        }
    }

    /// <summary>Hands what was kept to the operating system: what a killed process leaves.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_waiting.WrittenCount == 0) return;
            _file.Write(_length, _waiting.WrittenSpan);
            _length += _waiting.WrittenCount;
            _waiting.ResetWrittenCount();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        _file.Dispose();
    }

    private void EndFrame()
    {
        var header = _waiting.GetSpan(FrameHeader);
        BinaryPrimitives.WriteInt32BigEndian(header, _frame.WrittenCount);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], Crc32C.Of(_frame.WrittenSpan));
        _waiting.Advance(FrameHeader);
        _waiting.Write(_frame.WrittenSpan);
        _frame.ResetWrittenCount();
        if (_waiting.WrittenCount > FlushBytes) Flush();
    }

    private sealed class Observer<TState, TInput, TEffect>(TraceWriter trace, TracedCore<TState, TInput, TEffect> core, int number) : IStepObserver<TState, TInput, TEffect>
        where TState : IFingerprinted
        where TInput : class
        where TEffect : class
    {
        private long _steps;

        public void Stepped(TState before, TInput input, in Step<TState, TEffect> step)
        {
            var effects = TracedCore<TState, TInput, TEffect>.HashOf(step.Effects);
            var state = core.HashOf(step.State, _steps++);
            lock (trace._gate)
            {
                var writer = new MessagePackWriter(trace._frame);
                writer.Write(StepFrame);
                writer.Write(number);
                trace._codec.Write<object>(ref writer, input);
                writer.Write(effects);
                writer.Write(state);
                writer.WriteArrayHeader(step.Effects.Length);
                foreach (var effect in step.Effects) writer.Write(effect.ToString());
                writer.Flush();
                trace.EndFrame();
            }
        }
    }
}
