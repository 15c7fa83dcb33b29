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

        var (root, shift) = Grow(_root, _shift, _end - Width, _tail);
        return new(root, shift, [item], _start, _end + 1);
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

    /// <summary>A sequence of its own of some of the items: block by block, so that each is moved once.</summary>
    private Sequence<T> Copy(int from, int to)
    {
        object[] root = [];
        T[] tail = [];
        var (shift, end) = (Bits, 0);
        while (from < to)
        {
            if (tail.Length > 0) (root, shift) = Grow(root, shift, end - Width, tail);
            tail = new T[Math.Min(Width, to - from)];
            for (var i = 0; i < tail.Length; i++, from++) tail[i] = Block(from)[from & Mask];
            end += tail.Length;
        }
        return new(root, shift, tail, 0, end);
    }

    /// <summary>A trie with one more full block, at <paramref name="at"/>; one level higher if it is full.</summary>
    private static (object[] Root, int Shift) Grow(object[] root, int shift, int at, T[] block) =>
        at >> Bits < 1 << shift ? (Push(root, shift, at, block), shift) : ([root, Path(shift, block)], shift + Bits);

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
