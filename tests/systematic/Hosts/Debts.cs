namespace Reference.Hosts;

/// <summary>What the machine owes to the processes: bytes that have arrived, flushes that are done, clocks that have rung. It pays one at a time, in an order that the schedule chooses.</summary>
/// <remarks>
/// Whoever waited goes on upon the machine's own turn until it waits again, as a loop does upon the thread of whoever wakes it; or, once in so many times, in an operation of its own beside all else.
/// An operation is a thread of Coyote's: a world in which all are costs ten times as much, and is for what goes wrong inside one process.
/// </remarks>
internal sealed class Debts(SimWorld world, int asideOneIn)
{
    private readonly List<(Life Life, Action Pay)> _owed = [];

    /// <summary>To be paid, unless the process dies before.</summary>
    public void Owe(Life life, Action pay)
    {
        world.Stirred();
        _owed.Add((life, pay));
    }

    /// <summary>The process is dead.</summary>
    public void Forget(Life life) => _owed.RemoveAll(d => d.Life == life);

    /// <summary>Pays one; false if there is none.</summary>
    public bool PayOne()
    {
        if (_owed.Count == 0) return false;
        var at = world.Below(_owed.Count);
        var pay = _owed[at].Pay;
        _owed.RemoveAt(at);
        if (world.Chance(asideOneIn)) _ = Task.Run(pay);
        else pay();
        return true;
    }
}
