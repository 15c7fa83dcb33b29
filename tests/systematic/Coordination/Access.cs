using Reference.Coordination;

namespace Reference.Systematic.Coordination;

public class AccessTests
{
    private static readonly Identity Alice = new("digest", Reference.Coordination.Access.Digest("alice:secret"));
    private static readonly Identity Here = new("ip", "10.1.2.3");

    private static AclList List(params Acl[] entries) => new([.. entries]);

    [Fact, Trait("Rule", "COORD-ACL-1")]
    public void An_entry_allows_what_it_lists_to_whom_it_names()
    {
        var acl = List(new(Permissions.Read, "world", "anyone"), new(Permissions.Write, "digest", Alice.Id), new(Permissions.Create, "ip", "10.1.0.0/16"));
        Assert.True(Allows(Permissions.Read));
        Assert.False(Allows(Permissions.Write, Here));
        Assert.True(Allows(Permissions.Write, Here, Alice));
        Assert.True(Allows(Permissions.Create, Here));
        Assert.False(Allows(Permissions.Create, new Identity("ip", "10.2.0.1")));
        Assert.False(Allows(Permissions.Delete, Here, Alice));
        Assert.True(Allows(Permissions.Write | Permissions.Admin, Alice));

        bool Allows(Permissions wanted, params Identity[] callers) => Reference.Coordination.Access.Allows(acl, wanted, [.. callers]);
    }

    [Fact, Trait("Rule", "COORD-ACL-2")]
    public void Auth_stands_for_what_the_caller_has_proved()
    {
        var auth = List(new Acl(Permissions.All, "auth", ""));
        Assert.Equal(List(new Acl(Permissions.All, "digest", Alice.Id)), Reference.Coordination.Access.Resolve(auth, [Here, Alice]));
        Assert.Null(Reference.Coordination.Access.Resolve(auth, [Here]));
    }

    [Fact, Trait("Rule", "COORD-ACL-2")]
    public void An_ACL_that_cannot_be_is_refused_and_one_given_twice_is_kept_once()
    {
        Assert.Null(Reference.Coordination.Access.Resolve(AclList.Empty, []));
        Assert.Null(Reference.Coordination.Access.Resolve(List(new Acl(Permissions.All, "world", "someone")), []));
        Assert.Null(Reference.Coordination.Access.Resolve(List(new Acl(Permissions.All, "x509", "CN=a")), []));
        Assert.Null(Reference.Coordination.Access.Resolve(List(new Acl(Permissions.All, "digest", "alice")), []));
        Assert.Null(Reference.Coordination.Access.Resolve(List(new Acl(Permissions.All, "ip", "10.1.0.0/33")), []));
        var twice = new Acl(Permissions.Read, "ip", "10.1.2.3");
        Assert.Equal(List(twice), Reference.Coordination.Access.Resolve(List(twice, twice with { }), []));
    }

    [Fact, Trait("Rule", "COORD-ACL-3")]
    public void A_digest_is_known_by_its_hash()
    {
        Assert.Equal("super:xQJmxLMiHGwaqBvst5y6rkB6HQs=", Reference.Coordination.Access.Digest("super:admin"));
        Assert.Equal(Alice, Reference.Coordination.Access.Authenticate("digest", Requests.Bytes("alice:secret"), "10.1.2.3"));
        Assert.Equal(Here, Reference.Coordination.Access.Authenticate("ip", Blob.None, "10.1.2.3"));
        Assert.Null(Reference.Coordination.Access.Authenticate("kerberos", Blob.None, "10.1.2.3"));
    }

    [Fact, Trait("Rule", "COORD-ACL-4")]
    public void Hashes_are_hidden_from_who_may_not_administer() =>
        Assert.Equal(List(new Acl(Permissions.Read, "digest", "alice:x"), new Acl(Permissions.Read, "world", "anyone")),
            Reference.Coordination.Access.Mask(List(new Acl(Permissions.Read, "digest", Alice.Id), new Acl(Permissions.Read, "world", "anyone"))));

    [Theory, Trait("Rule", "COORD-ACL-5")]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "10.1.2.4", false)]
    [InlineData("10.1.0.0/16", "10.1.255.255", true)]
    [InlineData("10.1.0.0/17", "10.1.128.0", false)]
    [InlineData("0.0.0.0/0", "192.168.1.1", true)]
    [InlineData("::1", "::1", true)]
    [InlineData("::1", "0:0:0:0:0:0:0:1", true)]
    [InlineData("fe80::/10", "fe80::1%eth0", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("127.0.0.1", "::ffff:127.0.0.1", true)]
    [InlineData("127.0.0.1", "::1", false)]
    [InlineData("10.1.2.3", "nobody", false)]
    public void A_prefix_holds_the_addresses_that_begin_with_it(string prefix, string address, bool holds) => Assert.Equal(holds, IpPrefix.Contains(prefix, address));

    [Theory, Trait("Rule", "COORD-ACL-5")]
    [InlineData("10.1.2")]
    [InlineData("10.1.2.256")]
    [InlineData("10.1.2.3/33")]
    [InlineData("10.1.2.3/-1")]
    [InlineData("::1/129")]
    [InlineData("1:2:3")]
    [InlineData("::1::")]
    [InlineData("12345::")]
    [InlineData("")]
    public void What_is_no_address_is_no_prefix(string prefix) => Assert.False(IpPrefix.IsValid(prefix));
}
