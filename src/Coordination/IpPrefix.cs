using System.Globalization;

namespace Reference.Coordination;

/// <summary>Addresses in ACLs: <c>10.1.0.0/16</c>, <c>::1</c>. Text in, bits compared.</summary>
public static class IpPrefix
{
    /// <summary>Whether this is an address, with or without a prefix length that it has bits for.</summary>
    public static bool IsValid(string prefix) => Parse(prefix, out _, out _);

    /// <summary>Whether <paramref name="address"/> begins with the bits of <paramref name="prefix"/>.</summary>
    [Rule("COORD-ACL-5")]
    public static bool Contains(string prefix, string address)
    {
        if (!Parse(prefix, out var wanted, out var bits) || Address(address) is not { } actual || actual.Length != wanted.Length) return false;
        var whole = bits / 8;
        if (!wanted.AsSpan(0, whole).SequenceEqual(actual.AsSpan(0, whole))) return false;
        return bits % 8 == 0 || (wanted[whole] ^ actual[whole]) >> (8 - bits % 8) == 0;
    }

    private static bool Parse(string prefix, out byte[] address, out int bits)
    {
        var slash = prefix.IndexOf('/');
        address = Address(slash < 0 ? prefix : prefix[..slash]) ?? [];
        bits = address.Length * 8;
        if (address.Length == 0) return false;
        return slash < 0 || int.TryParse(prefix.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out bits) && bits <= address.Length * 8;
    }

    /// <summary>The 4 or 16 bytes of an address; null if it isn't one. A zone is left out; IPv4 within IPv6 is IPv4.</summary>
    private static byte[]? Address(string text)
    {
        var zone = text.IndexOf('%');
        if (zone >= 0) text = text[..zone];
        return text.Contains(':') ? Unmapped(Version6(text)) : Version4(text);
    }

    private static byte[]? Version4(string text)
    {
        var parts = text.Split('.');
        if (parts.Length != 4) return null;
        var bytes = new byte[4];
        for (var i = 0; i < 4; i++)
            if (!byte.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i])) return null;
        return bytes;
    }

    private static byte[]? Version6(string text)
    {
        var gap = text.IndexOf("::", StringComparison.Ordinal);
        var head = Groups(gap < 0 ? text : text[..gap]);
        var tail = gap < 0 ? [] : Groups(text[(gap + 2)..]);
        if (head is null || tail is null || (gap < 0 ? head.Length != 16 : head.Length + tail.Length > 14)) return null;
        var bytes = new byte[16];
        head.CopyTo(bytes, 0);
        tail.CopyTo(bytes, 16 - tail.Length);
        return bytes;
    }

    /// <summary>The bytes of groups parted by colons; the last may be an IPv4 address. Null if they aren't groups.</summary>
    private static byte[]? Groups(string text)
    {
        if (text.Length == 0) return [];
        var bytes = ImmutableArray.CreateBuilder<byte>(16);
        var parts = text.Split(':');
        for (var i = 0; i < parts.Length; i++)
        {
            if (i == parts.Length - 1 && parts[i].Contains('.'))
            {
                if (Version4(parts[i]) is not { } last) return null;
                bytes.AddRange(last);
                continue;
            }
            if (parts[i].Length is 0 or > 4 || !ushort.TryParse(parts[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var group)) return null;
            bytes.Add((byte)(group >> 8));
            bytes.Add((byte)group);
        }
        return bytes.Count <= 16 ? [.. bytes] : null;
    }

    private static byte[]? Unmapped(byte[]? bytes) =>
        bytes is [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ..] ? bytes[12..] : bytes;
}
