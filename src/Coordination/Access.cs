using System.Security.Cryptography;
using System.Text;

namespace Reference.Coordination;

/// <summary>Who may do what: the schemes <c>world</c>, <c>auth</c>, <c>digest</c> and <c>ip</c>.</summary>
public static class Access
{
    /// <summary>Whether <paramref name="acl"/> allows any of <paramref name="wanted"/> to a caller with these identities.</summary>
    [Rule("COORD-ACL-1")]
    public static bool Allows(AclList acl, Permissions wanted, ImmutableArray<Identity> callers)
    {
        foreach (var entry in acl.Entries)
        {
            if ((entry.Permissions & wanted) == 0) continue;
            if (entry.Scheme == "world") return true;
            foreach (var caller in callers)
                if (caller.Scheme == entry.Scheme && (entry.Scheme == "ip" ? IpPrefix.Contains(entry.Id, caller.Id) : caller.Id == entry.Id))
                    return true;
        }
        return false;
    }

    /// <summary>The ACL as it is kept: <c>auth</c> stands for the caller's identities that took a secret, an entry given twice is kept once. Null if the list is empty or an entry can't be.</summary>
    [Rule("COORD-ACL-2")]
    public static AclList? Resolve(AclList acl, ImmutableArray<Identity> callers)
    {
        if (acl.Equals(AclList.Open)) return AclList.Open;
        if (acl.Entries.IsEmpty) return null;

        var entries = ImmutableArray.CreateBuilder<Acl>();
        foreach (var entry in acl.Entries)
        {
            if (entry.Scheme != "auth")
            {
                if (!IsValid(entry)) return null;
                AddOnce(entries, entry);
                continue;
            }
            var proven = false;
            foreach (var caller in callers)
            {
                if (caller.Scheme != "digest") continue;
                proven = true;
                AddOnce(entries, new(entry.Permissions, caller.Scheme, caller.Id));
            }
            if (!proven) return null;
        }
        return new(entries.ToImmutable());
    }

    /// <summary>The ACL as it is shown to whoever may not administer the znode: without the hashes of digests.</summary>
    [Rule("COORD-ACL-4")]
    public static AclList Mask(AclList acl) =>
        acl.Entries.Any(e => e.Scheme == "digest") ? new([.. acl.Entries.Select(e => e.Scheme == "digest" ? e with { Id = UserOf(e.Id) + ":x" } : e)]) : acl;

    /// <summary>The identity that credentials prove; null if they prove none. A digest's are <c>user:password</c>; an address proves itself.</summary>
    [Rule("COORD-ACL-3")]
    public static Identity? Authenticate(string scheme, Blob credentials, string address) => scheme switch
    {
        "digest" => new("digest", Digest(Encoding.UTF8.GetString(credentials.Span))),
        "ip" => new("ip", address),
        _ => null,
    };

    /// <summary><c>user:</c> and base64 of SHA-1 of <c>user:password</c>.</summary>
    public static string Digest(string credentials)
    {
        var hash = SHA1.HashData(Encoding.UTF8.GetBytes(credentials));
        return $"{UserOf(credentials)}:{Convert.ToBase64String(hash)}";
    }

    /// <summary>What stands before the first colon.</summary>
    public static string UserOf(string id) => id.IndexOf(':') is >= 0 and var colon ? id[..colon] : id;

    private static bool IsValid(Acl entry) => entry.Scheme switch
    {
        "world" => entry.Id == "anyone",
        "digest" => entry.Id.Split(':') is [_, { Length: > 0 }],
        "ip" => IpPrefix.IsValid(entry.Id),
        _ => false,
    };

    private static void AddOnce(ImmutableArray<Acl>.Builder entries, Acl entry)
    {
        if (!entries.Contains(entry)) entries.Add(entry);
    }
}
