using System.Text;
using Reference.Broker.ZooKeeper.Jute;
using Reference.Coordination;

namespace Reference.Integration.ZooKeeper.Jute;

/// <summary>Draws the fields of a record.</summary>
internal readonly struct JuteDraw(Random random) : IJute
{
    private static readonly Opcode[] Kinds =
        [Opcode.Create, Opcode.Create2, Opcode.CreateContainer, Opcode.Delete, Opcode.Check, Opcode.SetData, Opcode.GetData, Opcode.GetChildren];

    public void Int(ref int value) => value = random.Next(4) switch { 0 => 0, 1 => -1, 2 => random.Next(), _ => int.MinValue + random.Next() };

    public void Long(ref long value) => value = random.Next(3) switch { 0 => 0, 1 => -1, _ => random.NextInt64(long.MinValue, long.MaxValue) };

    public void Bool(ref bool value) => value = random.Next(2) == 0;

    public void TrailingBool(ref bool? value) => value = random.Next(3) switch { 0 => null, 1 => true, _ => false };

    public void String(ref string? value) => value = random.Next(8) switch
    {
        0 => null,
        1 => "",
        2 => "/größe/目录/🦓",
        3 => new string('x', random.Next(5000)),
        _ => $"/path/{random.Next()}",
    };

    public void Buffer(ref Blob value)
    {
        var bytes = random.Next(5) switch { 0 => null, 1 => [], 2 => new byte[random.Next(5000)], _ => new byte[random.Next(50)] };
        random.NextBytes(bytes ?? []);
        value = Blob.Wrap(bytes);
    }

    public void Strings(ref string?[]? values)
    {
        values = random.Next(6) == 0 ? null : new string?[random.Next(5)];
        foreach (ref var value in values.AsSpan()) String(ref value);
    }

    public void Vector<T>(ref T[]? values) where T : struct, IRecord
    {
        values = random.Next(6) == 0 ? null : new T[random.Next(5)];
        foreach (ref var value in values.AsSpan()) Record(ref value);
    }

    public void Record<T>(ref T value) where T : struct, IRecord
    {
        if (value is MultiHeader)
        {
            value = (T)(object)new MultiHeader { Type = (int)Kinds[random.Next(Kinds.Length)], Error = random.Next(3) - 1 };
            return;
        }

        var self = this;
        value.Describe(ref self);
    }

    public void Items<T>(ref T[]? items) where T : struct, IMultiItem
    {
        items = new T[random.Next(5)];
        foreach (ref var item in items.AsSpan()) Record(ref item);
    }
}

/// <summary>Prints the fields of a record, so that two can be compared.</summary>
internal readonly struct JuteText(StringBuilder text) : IJute
{
    public static string Of<T>(T value) where T : struct, IRecord
    {
        var printer = new JuteText(new StringBuilder());
        value.Describe(ref printer);
        return printer.ToString();
    }

    public override string ToString() => text.ToString();

    public void Int(ref int value) => text.Append(value).Append(' ');

    public void Long(ref long value) => text.Append(value).Append("L ");

    public void Bool(ref bool value) => text.Append(value).Append(' ');

    public void TrailingBool(ref bool? value) => text.Append(value?.ToString() ?? "absent").Append(' ');

    public void String(ref string? value) => text.Append(value is null ? "null" : $"'{value}'").Append(' ');

    public void Buffer(ref Blob value) => text.Append(value.IsNone ? "null" : $"[{Convert.ToHexString(value.Span)}]").Append(' ');

    public void Strings(ref string?[]? values)
    {
        text.Append(values is null ? "null " : "( ");
        foreach (ref var value in values.AsSpan()) String(ref value);
        text.Append(") ");
    }

    public void Vector<T>(ref T[]? values) where T : struct, IRecord
    {
        text.Append(values is null ? "null " : "( ");
        foreach (ref var value in values.AsSpan()) Record(ref value);
        text.Append(") ");
    }

    public void Record<T>(ref T value) where T : struct, IRecord
    {
        var self = this;
        text.Append("{ ");
        value.Describe(ref self);
        text.Append("} ");
    }

    public void Items<T>(ref T[]? items) where T : struct, IMultiItem => Vector(ref items);
}
