using Microsoft.Coyote.Runtime;

namespace Reference.Hosts;

/// <summary>One run: the machine, which completes flushes and writes, lets clocks ring, kills and restarts; then it stops doing harm, and all must heal.</summary>
internal sealed class HostRun
{
    private const int MostSteps = 400, HealingSteps = 3000, QuietLooks = 4, HasteOneIn = 8;
    private const int Work = 16;
    private static readonly int[] Harm = [0, 1, 2, 4];

    private readonly SimWorld _world;
    private readonly Life _clientLife;
    private readonly SimClock _clientClock;
    private readonly SimClient _client;
    private readonly int _killing, _breaking, _stopping, _hurrying;
    private int _crashes, _breaks, _stops, _earlyRings;

    private HostRun(HostSetup setup, Action<string> onBroken)
    {
        _world = new(setup, onBroken);
        (_crashes, _breaks, _stops, _earlyRings) = (setup.Crashes, setup.Breaks, setup.Stops, setup.EarlyRings);
        (_killing, _breaking, _stopping, _hurrying) = (Weight(), Weight(), Weight(), Weight());
        _clientLife = new(setup.Servers + 1, _world);
        _clientClock = new(_clientLife, 0);
        _client = new(_world, _clientLife, _clientClock, setup.Writes);
    }

    /// <summary>Runs a world from its start to its healing.</summary>
    public static void Run(HostSetup setup, Action<SimWorld> over, Action<string> onBroken)
    {
        var run = new HostRun(setup, onBroken);
        run.Play();
        over(run._world);
    }

    private void Play()
    {
        foreach (var server in _world.All) server.Start();
        _ = _client.RunAsync();
        for (var step = 0; step < MostSteps && !(_client.IsDone && step > 0 && _crashes == 0); step++)
        {
            if (!_world.Chance(HasteOneIn)) Settle();
            if (!Act() && _client.IsDone) break;
        }
        (_crashes, _breaks, _stops, _earlyRings) = (0, 0, 0, 0);
        for (var step = 0; step < HealingSteps && !IsHealed(); step++)
        {
            Settle();
            Act();
        }
        _world.Claim(IsHealed(), "HOST-HEAL", "once faults are over, all servers serve in one epoch, and the client is answered", $"serving: {string.Join(", ", _world.All.Where(s => s.Serves is not null).Select(s => s.Id))}");
        _world.CheckAcknowledged(_world.All.Single(s => _world.Leads(s.Id)));
    }

    private bool IsHealed() => _client.IsDone && _world.All.All(s => s.Serves is not null && !s.IsStopping) && _world.AreOfOneEpoch;

    private int Weight() => Harm[_world.Below(Harm.Length)];

    /// <summary>Lets the processes run until they ask nothing more of the machine.</summary>
    private void Settle()
    {
        var before = -1L;
        for (var looks = 0; looks < QuietLooks; looks++)
        {
            if (_world.Debts.PayOne()) looks = -1;
            else if (_world.Stirs != before) (before, looks) = (_world.Stirs, 0);
            SchedulingPoint.Yield();
        }
    }

    /// <summary>Does one thing; false if there was nothing to do but to wait for a clock.</summary>
    private bool Act()
    {
        var flushes = _world.All.Sum(s => s.Disk.Flushes.Count);
        var slow = _world.Network.SlowWrites.Count;
        var down = _world.All.Count(s => s.Life is null);
        var running = _world.All.Count(s => s.Life is not null);
        var killing = _crashes > 0 && running > 0 ? _killing : 0;
        var breaking = _breaks > 0 && _world.Network.Standing.Count > 0 ? _breaking : 0;
        var stopping = _stops > 0 && _world.All.Any(s => s is { Life: not null, IsStopping: false }) ? _stopping : 0;
        var hurrying = _earlyRings > 0 && running > 0 ? _hurrying : 0;
        var work = Work * (flushes + slow) + Work / 4 * down;
        if (work == 0 || _world.Chance(4 * Work))
        {
            if (killing + breaking + stopping + hurrying == 0 || !_world.Chance(8)) return Ring();
        }
        var at = _world.Below(work + killing + breaking + stopping + hurrying);
        if ((at -= Work * flushes) < 0) Flush(flushes);
        else if ((at -= Work * slow) < 0) _world.Network.Complete(_world.Network.SlowWrites[_world.Below(slow)]);
        else if ((at -= Work / 4 * down) < 0) Start();
        else if ((at -= killing) < 0) Kill();
        else if ((at -= breaking) < 0) Break();
        else if (at - stopping < 0) Stop();
        else HurryOne();
        return true;
    }

    private void Start()
    {
        var server = Pick(s => s.Life is null);
        _world.Tell($"server {server.Id} starts");
        server.Start();
    }

    private void Flush(int flushes)
    {
        var at = _world.Below(flushes);
        foreach (var server in _world.All)
        {
            if (at < server.Disk.Flushes.Count)
            {
                // One thread does a disk's flushes in the order asked.
                _world.Tell($"disk {server.Id} flushes");
                server.Disk.Complete(server.Disk.Flushes[0]);
                return;
            }
            at -= server.Disk.Flushes.Count;
        }
    }

    private void Kill()
    {
        _crashes--;
        var server = Pick(s => s.Life is not null);
        var losesPower = !_world.Chance(3);
        _world.Tell($"server {server.Id} is killed{(losesPower ? ", and loses what wasn't flushed" : "")}");
        server.Kill(losesPower);
    }

    private void Break()
    {
        _breaks--;
        var standing = _world.Network.Standing;
        var breaking = standing[_world.Below(standing.Count)];
        _world.Tell($"a connection of {breaking.Life.Id} and {breaking.Other.Life.Id} breaks");
        _world.Network.Break(breaking);
    }

    private void Stop()
    {
        _stops--;
        var server = Pick(s => s is { Life: not null, IsStopping: false });
        _world.Tell($"server {server.Id} is told to stop");
        server.Stop();
    }

    private void HurryOne()
    {
        _earlyRings--;
        if (Pick(s => s.Life is not null).Clock is { NextInMs: not null } clock) clock.Ring();
    }

    private SimServer Pick(Func<SimServer, bool> which)
    {
        var some = _world.All.Where(which).ToArray();
        return some[_world.Below(some.Length)];
    }

    /// <summary>Time passes until the next alarm of any clock, and that one rings.</summary>
    private bool Ring()
    {
        SimClock[] clocks = [_clientClock, .. _world.All.Where(s => s.Life is not null).Select(s => s.Clock!)];
        var next = clocks.Where(c => c.NextInMs is not null).MinBy(c => c.NextInMs);
        if (next is null) return false;
        var ms = next.NextInMs!.Value;
        foreach (var clock in clocks.Where(c => c != next)) clock.Pass(Math.Min(ms, clock.NextInMs ?? ms));
        _world.Tell($"{ms} ms pass");
        next.Ring();
        return true;
    }
}
