namespace Reference.Hosts;

/// <summary>One change to a disk, in the order made.</summary>
/// <param name="Path">The name it is about; empty for a file's content.</param>
/// <param name="File">The file it is about; 0 for names only.</param>
internal sealed record DiskChange(DiskChange.What Kind, string Path, int File, string To = "", long At = 0, byte[]? Bytes = null)
{
    /// <summary>What it does.</summary>
    internal enum What { Create, Rename, Delete, Write, SetLength }

    /// <summary>Whether a crash leaves it.</summary>
    public bool IsDurable { get; set; }

    /// <summary>Whether it is about a name rather than a content.</summary>
    public bool IsOfName => Kind is What.Create or What.Rename or What.Delete;
}

/// <summary>Files and their names: as a process sees them, or as a crash leaves them.</summary>
internal sealed class DiskImage
{
    /// <summary>The names, and the file behind each.</summary>
    public SortedDictionary<string, int> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>The contents.</summary>
    public Dictionary<int, Content> Files { get; } = [];

    /// <summary>The same, for a change to work on.</summary>
    public DiskImage Copy()
    {
        var copy = new DiskImage();
        foreach (var (name, file) in Names) copy.Names.Add(name, file);
        foreach (var (file, content) in Files)
            if (Names.ContainsValue(file)) copy.Files.Add(file, content.Copy());
        return copy;
    }

    /// <summary>Makes a change.</summary>
    public void Make(DiskChange change)
    {
        switch (change.Kind)
        {
            case DiskChange.What.Create:
                Names[change.Path] = change.File;
                Files.TryAdd(change.File, new());
                break;
            case DiskChange.What.Rename:
                if (Names.Remove(change.Path, out var file)) Names[change.To] = file;
                break;
            case DiskChange.What.Delete:
                Names.Remove(change.Path);
                break;
            case DiskChange.What.Write:
                ContentOf(change.File).Write(change.At, change.Bytes!);
                break;
            case DiskChange.What.SetLength:
                ContentOf(change.File).SetLength(change.At);
                break;
        }
    }

    private Content ContentOf(int file) => Files.TryGetValue(file, out var content) ? content : Files[file] = new();

    /// <summary>A file's bytes; what stands behind the last one written is zeros, and isn't kept.</summary>
    internal sealed class Content
    {
        private byte[] _bytes = [];

        public long Length { get; private set; }

        public Content Copy() => new() { _bytes = [.. _bytes], Length = Length };

        public void Write(long at, byte[] bytes)
        {
            var end = (int)at + bytes.Length;
            if (_bytes.Length < end) Array.Resize(ref _bytes, Math.Max(end, _bytes.Length * 2));
            bytes.CopyTo(_bytes, at);
            Length = Math.Max(Length, end);
        }

        public void SetLength(long length)
        {
            if (length < _bytes.Length) Array.Resize(ref _bytes, (int)length);
            Length = length;
        }

        public int Read(long at, Span<byte> buffer)
        {
            var count = (int)Math.Clamp(Length - at, 0, buffer.Length);
            buffer[..count].Clear();
            if (at < _bytes.Length) _bytes.AsSpan((int)at, Math.Min(count, _bytes.Length - (int)at)).CopyTo(buffer);
            return count;
        }
    }
}
