namespace Reference.Broker.Storage;

/// <summary>The records of one batch, one by one, in place.</summary>
/// <remarks>
/// A record: length varint (of what follows), attributes int8, timestamp delta varint, offset delta varint, key length varint (−1: null) and key,
/// value likewise, number of headers varint, each a name and a value likewise. Varints are zigzag.
/// </remarks>
/// <param name="batch">The batch that they are of.</param>
/// <param name="records">Its records, uncompressed.</param>
public ref struct RecordReader(RecordBatch batch, ReadOnlySpan<byte> records)
{
    private readonly RecordBatch _batch = batch;
    private readonly ReadOnlySpan<byte> _records = records;
    private int _at, _index, _headersAt;

    /// <summary>The record's offset.</summary>
    public long Offset { get; private set; }

    /// <summary>Milliseconds since the epoch of Unix; −1: none.</summary>
    public long Timestamp { get; private set; }

    /// <summary>Whether there is a key; without one, <see cref="Key"/> is empty.</summary>
    public bool HasKey { get; private set; }

    /// <summary>The key.</summary>
    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>Whether there is a value; without one, <see cref="Value"/> is empty.</summary>
    public bool HasValue { get; private set; }

    /// <summary>The value.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The record's own bytes, its length first.</summary>
    public ReadOnlySpan<byte> Whole { get; private set; }

    /// <summary>Goes to the next record; false after the last.</summary>
    /// <exception cref="InvalidDataException">Not a record.</exception>
    public bool MoveNext()
    {
        if (_index == _batch.Count) return false;
        var start = _at;
        var length = Next();
        if (length < 1 || length > _records.Length - _at) throw Malformed();
        var end = _at + (int)length;
        _at++;
        var timestampDelta = Next();
        Offset = _batch.BaseOffset + Next();
        Timestamp = _batch.IsLogAppendTime ? _batch.MaxTimestamp : _batch.BaseTimestamp + timestampDelta;
        HasKey = TryReadBytes(out var key);
        Key = key;
        HasValue = TryReadBytes(out var value);
        Value = value;
        _headersAt = _at;
        Whole = _records[start..end];
        (_at, _index) = (end, _index + 1);
        return true;
    }

    /// <summary>The names of the record's headers, in their order.</summary>
    /// <exception cref="InvalidDataException">Not headers.</exception>
    public readonly List<string> HeaderKeys()
    {
        var reader = this;
        reader._at = _headersAt;
        var keys = new List<string>();
        for (var left = reader.Next(); left > 0; left--)
        {
            reader.TryReadBytes(out var key);
            reader.TryReadBytes(out _);
            keys.Add(System.Text.Encoding.UTF8.GetString(key));
        }
        return keys;
    }

    private long Next() => Varint.TryRead(_records, ref _at, out var value) ? value : throw Malformed();

    private bool TryReadBytes(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        var length = Next();
        if (length < 0) return false;
        if (length > _records.Length - _at) throw Malformed();
        bytes = _records.Slice(_at, (int)length);
        _at += (int)length;
        return true;
    }

    private readonly InvalidDataException Malformed() => new($"{_batch.ToString()}: record {_index} isn't one");
}
