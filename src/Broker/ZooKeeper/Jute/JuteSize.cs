using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Jute;

/// <summary>Measures a record whose strings, buffers and vectors are null: the fewest bytes that one of its kind has.</summary>
internal ref struct JuteSize : IJute
{
    private int _bytes;

    /// <summary>The fewest bytes that a record of type <typeparamref name="T"/> has.</summary>
    public static int Least<T>() where T : struct, IRecord => Of<T>.Least;

    public void Int(ref int value) => _bytes += sizeof(int);

    public void Long(ref long value) => _bytes += sizeof(long);

    public void Bool(ref bool value) => _bytes += 1;

    public void TrailingBool(ref bool? value)
    {
    }

    public void String(ref string? value) => _bytes += sizeof(int);

    public void Buffer(ref Blob value) => _bytes += sizeof(int);

    public void Strings(ref string?[]? values) => _bytes += sizeof(int);

    public void Vector<T>(ref T[]? values) where T : struct, IRecord => _bytes += sizeof(int);

    public void Record<T>(ref T value) where T : struct, IRecord => value.Describe(ref this);

    public void Items<T>(ref T[]? items) where T : struct, IMultiItem
    {
        var end = default(T);
        end.BecomeEnd();
        end.Describe(ref this);
    }

    private static class Of<T> where T : struct, IRecord
    {
        public static readonly int Least = Measure();

        private static int Measure()
        {
            var size = default(JuteSize);
            default(T).Describe(ref size);
            return size._bytes;
        }
    }
}
