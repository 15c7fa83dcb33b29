using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Reference.Kernel;

/// <summary>Makes a <see cref="Sequence{T}"/>; the target of collection expressions.</summary>
public static class Sequence
{
    /// <summary>The sequence of <paramref name="items"/>.</summary>
    public static Sequence<T> Create<T>(ReadOnlySpan<T> items)
    {
        var sequence = Sequence<T>.Empty;
        foreach (var item in items) sequence = sequence.Add(item);
        return sequence;
    }
}

/// <summary>An immutable sequence that grows at its end and shrinks at both: a history, a queue of writes under way.</summary>
/// <remarks>
/// Add, index, RemoveFirst and short RemoveLast cost O(log₃₂ n) or amortised O(1); versions share structure, and any number of them may grow
/// from the same one. A bit-partitioned trie of blocks of 32 with the last block apart (Bagwell and Rompf, "RRB-Trees", 2011, without the relaxation).
/// </remarks>
[CollectionBuilder(typeof(Sequence), nameof(Sequence.Create))]
[SuppressMessage("Naming", "CA1710", Justification = "It is the field's word.")]
public sealed class Sequence<T> : IReadOnlyList<T>
{
    private const int Bits = 5, Width = 1 << Bits, Mask = Width - 1;

    /// <summary>The sequence without items.</summary>
    public static readonly Sequence<T> Empty = new([], Bits, [], 0, 0);

    private readonly object[] _root;    // nodes of nodes … of T[Width]
    private readonly int _shift;        // bits that the root's index stands above
    private readonly T[] _tail;         // the last, never empty unless all is
    private readonly int _start;        // items of the trie that are removed from the front
    private readonly int _end;          // items in trie and tail, the removed ones included

    private Sequence(object[] root, int shift, T[] tail, int start, int end) => (_root, _shift, _tail, _start, _end) = (root, shift, tail, start, end);

    /// <summary>How many items.</summary>
    public int Count => _end - _start;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The item at <paramref name="index"/>, counted from the first that's left.</summary>
    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            var at = index + _start;
            return Block(at)[at & Mask];
        }
    }

    /// <summary>This sequence and one more item.</summary>
    public Sequence<T> Add(T item)
    {
        if (_tail.Length < Width) return new(_root, _shift, [.. _tail, item], _start, _end + 1);

        var full = _end - Width;        // the tail's place in the trie
        if (full >> Bits < 1 << _shift) return new(Push(_root, _shift, full, _tail), _shift, [item], _start, _end + 1);
        return new([_root, Path(_shift, _tail)], _shift + Bits, [item], _start, _end + 1);
    }

    /// <summary>This sequence without its first <paramref name="count"/> items.</summary>
    public Sequence<T> RemoveFirst(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        if (count == 0) return this;
        if (count == Count) return Empty;
        var start = _start + count;
        return start > Width && start > _end / 2 ? Copy(start, _end) : new(_root, _shift, _tail, start, _end);
    }

    /// <summary>This sequence without its last <paramref name="count"/> items.</summary>
    public Sequence<T> RemoveLast(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        if (count == 0) return this;
        if (count == Count) return Empty;
        return count < _tail.Length ? new(_root, _shift, _tail[..^count], _start, _end - count) : Copy(_start, _end - count);
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (var at = _start; at < _end;)
        {
            var block = Block(at);
            for (var i = at & Mask; i < block.Length && at < _end; i++, at++) yield return block[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private T[] Block(int at)
    {
        if (at >= _end - _tail.Length) return _tail;
        var node = _root;
        for (var shift = _shift; shift > Bits; shift -= Bits) node = (object[])node[(at >> shift) & Mask];
        return (T[])node[(at >> Bits) & Mask];
    }

    private Sequence<T> Copy(int from, int to)
    {
        var copy = Empty;
        for (var at = from; at < to; at++) copy = copy.Add(Block(at)[at & Mask]);
        return copy;
    }

    private static object[] Push(object[] node, int shift, int at, T[] block)
    {
        var index = (at >> shift) & Mask;
        if (index == node.Length) return [.. node, shift == Bits ? block : Path(shift - Bits, block)];
        var copy = (object[])node.Clone();
        copy[index] = Push((object[])node[index], shift - Bits, at, block);
        return copy;
    }

    private static object[] Path(int shift, T[] block) => shift == Bits ? [block] : [Path(shift - Bits, block)];
}
