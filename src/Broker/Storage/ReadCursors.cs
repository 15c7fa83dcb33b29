namespace Reference.Broker.Storage;

/// <summary>Where the last few reads of a log ended: whoever reads on from there needs no index.</summary>
internal sealed class ReadCursors
{
    private const int Slots = 4;        // two followers and two consumers

    private readonly (Segment? Segment, long Offset, int Position)[] _ends = new (Segment?, long, int)[Slots];
    private int _next;

    public bool TryFind(Segment segment, long offset, out int position)
    {
        foreach (ref readonly var end in _ends.AsSpan())
        {
            if (end.Segment != segment || end.Offset != offset) continue;
            position = end.Position;
            return true;
        }
        position = 0;
        return false;
    }

    public void Remember(Segment segment, long offset, int position)
    {
        foreach (ref var end in _ends.AsSpan())
        {
            if (end.Segment == segment && end.Offset == offset) return;
        }
        _ends[_next] = (segment, offset, position);
        _next = (_next + 1) % Slots;
    }

    public void Clear() => Array.Clear(_ends);
}
