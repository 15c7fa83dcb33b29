using System.Runtime.InteropServices;

namespace Reference.Broker.Commands;

/// <summary>When a server process is asked to end: by SIGINT or SIGTERM, or, as a child of <c>cluster</c>, by the end of its standard input.</summary>
public sealed class Ending : IDisposable
{
    private readonly CancellationTokenSource _asked = new();
    private readonly PosixSignalRegistration _interrupt, _terminate;

    /// <param name="untilStdinEnds">A child: SIGINT, which a terminal sends to all, is left to the parent, who ends its children in order.</param>
    public Ending(bool untilStdinEnds)
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            if (!untilStdinEnds) _asked.Cancel();
        });
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            _asked.Cancel();
        });
        if (untilStdinEnds) new Thread(WatchStdin) { IsBackground = true, Name = "stdin" }.Start();
    }

    /// <summary>Cancelled when the process shall end.</summary>
    public CancellationToken Token => _asked.Token;

    /// <summary>Waits until the process is asked to end, or <paramref name="work"/> is over.</summary>
    public async Task Wait(Task work)
    {
        var asked = new TaskCompletionSource();
        await using var registration = _asked.Token.Register(asked.SetResult);
        await Task.WhenAny([asked.Task, work]);
        if (work.IsCompleted) await work;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }

    private void WatchStdin()
    {
        using var input = Console.OpenStandardInput();
        Span<byte> buffer = stackalloc byte[64];
        while (input.Read(buffer) > 0) { }
        _asked.Cancel();
    }
}
