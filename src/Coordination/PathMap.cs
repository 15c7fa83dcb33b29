using System.Numerics;

namespace Reference.Coordination;

/// <summary>A znode under its path, with what it adds to the tree's hash.</summary>
internal sealed class Entry(string path, Node node)
{
    public string Path { get; } = path;

    public Node Node { get; } = node;

    public ulong Fingerprint { get; } = Tree.HashOf(path, node);
}

/// <summary>Znodes by path; a change makes a new map that shares with the old all but the way to what changed.</summary>
/// <remarks>
/// A hash trie of 16-way branches that hold only what is there (Bagwell, "Ideal Hash Trees", 2001). Where an entry stands follows from the run's own string hash, so the map is never enumerated:
/// <see cref="Tree.Nodes"/> goes by names. A change copies some half a kilobyte at ten thousand znodes; a balanced tree copies twice that and compares more.
/// </remarks>
internal sealed class PathMap
{
    private const int Bits = 4, Mask = (1 << Bits) - 1, HashBits = 32;

    /// <summary>The map without znodes.</summary>
    public static readonly PathMap Empty = new(new(0, []), 0);

    private readonly Branch _root;

    private PathMap(Branch root, int count) => (_root, Count) = (root, count);

    /// <summary>How many znodes.</summary>
    public int Count { get; }

    /// <summary>The entry of a path; null where there is none.</summary>
    public Entry? Find(string path)
    {
        var hash = path.GetHashCode();
        object at = _root;
        for (var shift = 0; ; shift += Bits)
        {
            if (at is Branch branch)
            {
                if (branch.Find(hash >> shift & Mask) is not { } next) return null;
                at = next;
            }
            else return at is Entry entry ? entry.Path == path ? entry : null : Array.Find((Entry[])at, e => e.Path == path);
        }
    }

    /// <summary>With an entry, in the place of the one under its path, if there is one.</summary>
    public PathMap With(Entry entry)
    {
        var added = true;
        var root = (Branch)Put(_root, 0, entry, entry.Path.GetHashCode(), ref added);
        return new(root, added ? Count + 1 : Count);
    }

    /// <summary>Without the entry under a path, which is there.</summary>
    public PathMap Without(string path) => new((Branch?)Remove(_root, 0, path, path.GetHashCode()) ?? Empty._root, Count - 1);

    private static object Put(object? at, int shift, Entry entry, int hash, ref bool added)
    {
        switch (at)
        {
            case null: return entry;
            case Branch branch:
                var place = hash >> shift & Mask;
                return branch.With(place, Put(branch.Find(place), shift + Bits, entry, hash, ref added));
            case Entry other when other.Path == entry.Path:
                added = false;
                return entry;
            case Entry other when shift >= HashBits: return new[] { other, entry };
            case Entry other:
                return Put(new Branch(0, []).With(other.Path.GetHashCode() >> shift & Mask, other), shift, entry, hash, ref added);
            default:
                var same = (Entry[])at;
                added = !Array.Exists(same, e => e.Path == entry.Path);
                return (Entry[])[.. same.Where(e => e.Path != entry.Path), entry];
        }
    }

    private static object? Remove(object at, int shift, string path, int hash)
    {
        if (at is Entry) return null;
        if (at is Entry[] same) return same.Length == 2 ? same.Single(e => e.Path != path) : same.Where(e => e.Path != path).ToArray();

        var branch = (Branch)at;
        var place = hash >> shift & Mask;
        return Remove(branch.Find(place)!, shift + Bits, path, hash) is { } left ? branch.With(place, left) : branch.Without(place, shift > 0);
    }

    /// <summary>Up to sixteen places, of which those that hold something are stored, in order: an entry, a branch, or entries whose hashes are equal.</summary>
    private sealed class Branch(int places, object[] held)
    {
        public object? Find(int place) => (places >> place & 1) == 0 ? null : held[IndexOf(place)];

        public Branch With(int place, object what)
        {
            var index = IndexOf(place);
            if ((places >> place & 1) != 0)
            {
                var copy = held.AsSpan().ToArray();
                copy[index] = what;
                return new(places, copy);
            }
            var grown = new object[held.Length + 1];
            held.AsSpan(0, index).CopyTo(grown);
            grown[index] = what;
            held.AsSpan(index).CopyTo(grown.AsSpan(index + 1));
            return new(places | 1 << place, grown);
        }

        /// <summary>Without what is at a place. Null if nothing is left; a branch that isn't the root and holds one entry is that entry.</summary>
        public object? Without(int place, bool mayCollapse)
        {
            if (held.Length == 1) return null;
            var index = IndexOf(place);
            if (mayCollapse && held.Length == 2 && held[1 - index] is not Branch) return held[1 - index];
            var shrunk = new object[held.Length - 1];
            held.AsSpan(0, index).CopyTo(shrunk);
            held.AsSpan(index + 1).CopyTo(shrunk.AsSpan(index));
            return new Branch(places & ~(1 << place), shrunk);
        }

        private int IndexOf(int place) => BitOperations.PopCount((uint)places & (1u << place) - 1);
    }
}
