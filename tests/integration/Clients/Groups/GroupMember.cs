using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Reference.Integration.Clients.Groups;

/// <summary>A process that is a member of a group: of each record that it reads it prints partition, offset and value, and it commits as it goes.</summary>
internal sealed class GroupMember : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _reading;
    private readonly ConcurrentQueue<string> _errors = [];
    private readonly ConcurrentQueue<Read> _read = [];

    private GroupMember(string program, IEnumerable<string> arguments)
    {
        _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _reading = Task.WhenAll(ReadAsync(), ReadErrorsAsync());
    }

    /// <summary>What it has read so far.</summary>
    public IReadOnlyCollection<Read> Records => _read;

    /// <summary>What it printed besides, for a person who asks why a test failed.</summary>
    public string Errors => string.Join('\n', _errors.TakeLast(30));

    /// <summary>Starts one.</summary>
    public static GroupMember Start(string program, params IEnumerable<string> arguments) => new(program, arguments);

    /// <summary>kill -9.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Lets it leave its group and end.</summary>
    public async Task LeaveAsync()
    {
        using var term = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await term.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var words = line.Split([' ', '\t'], 3);
            if (words.Length == 3 && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var partition) && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
                _read.Enqueue(new(partition, offset, words[2]));
            else _errors.Enqueue(line);
        }
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line) _errors.Enqueue(line);
    }

    /// <summary>A record that was read.</summary>
    internal sealed record Read(int Partition, long Offset, string Value);
}
