using Reference.Broker.ZooKeeper.Client;
using Reference.Coordination;
using Reference.Integration.ZooKeeper.Servers;
using static Reference.Integration.ZooKeeper.Client.ClientSession;

namespace Reference.Integration.ZooKeeper.Client;

/// <summary>The client against real servers.</summary>
[Collection(Targets.Collection)]
public sealed class ZooKeeperClientTests(Targets targets)
{
    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task A_znode_is_made_read_changed_and_deleted(string target)
    {
        await using var session = await NewRootAsync(target);
        var client = session.Client;
        Assert.Equal("/a", await client.CreateAsync("/a", Bytes("one")));
        var read = await client.GetDataAsync("/a");
        Assert.Equal(Bytes("one"), read.Data);
        Assert.Equal((0, 3, 0, 0L), (read.Stat.Version, read.Stat.DataLength, read.Stat.NumChildren, read.Stat.EphemeralOwner));
        Assert.Equal(read.Stat.Czxid, read.Stat.Mzxid);
        Assert.Equal(read.Stat.Czxid, read.Stat.Pzxid);

        var changed = await client.SetDataAsync("/a", Bytes("three"), 0);
        Assert.Equal((1, 5), (changed.Version, changed.DataLength));
        Assert.Equal(changed, await client.ExistsAsync("/a"));
        Assert.Null(await client.ExistsAsync("/b"));
        await client.DeleteAsync("/a", 1);
        Assert.Null(await client.ExistsAsync("/a"));
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task No_data_and_empty_data_differ(string target)
    {
        await using var session = await NewRootAsync(target);
        await session.Client.CreateAsync("/none", Blob.None);
        await session.Client.CreateAsync("/empty", Bytes(""));
        Assert.True((await session.Client.GetDataAsync("/none")).Data.IsNone);
        var empty = (await session.Client.GetDataAsync("/empty")).Data;
        Assert.Equal((false, 0), (empty.IsNone, empty.Length));
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Errors_carry_their_code_and_the_callers_path(string target)
    {
        await using var session = await NewRootAsync(target);
        var client = session.Client;
        await client.CreateAsync("/a", Bytes("x"));
        await client.CreateAsync("/a/b", Bytes("y"));
        await client.CreateAsync("/e", Bytes("z"), CreateMode.Ephemeral);
        await FailsAsync(ZooKeeperError.NodeExists, "/a", client.CreateAsync("/a", Bytes("x")));
        await FailsAsync(ZooKeeperError.NoNode, "/no/child", client.CreateAsync("/no/child", Bytes("x")));
        await FailsAsync(ZooKeeperError.NoChildrenForEphemerals, "/e/child", client.CreateAsync("/e/child", Bytes("x")));
        await FailsAsync(ZooKeeperError.NotEmpty, "/a", client.DeleteAsync("/a"));
        await FailsAsync(ZooKeeperError.BadVersion, "/a/b", client.DeleteAsync("/a/b", 7));
        await FailsAsync(ZooKeeperError.BadVersion, "/a", client.SetDataAsync("/a", Bytes("x"), 3));
        await FailsAsync(ZooKeeperError.NoNode, "/no", client.SetDataAsync("/no", Bytes("x")));
        await FailsAsync(ZooKeeperError.NoNode, "/no", client.GetDataAsync("/no"));
        await FailsAsync(ZooKeeperError.NoNode, "/no", client.GetChildrenAsync("/no"));
        await FailsAsync(ZooKeeperError.NoNode, "/no", client.GetAclAsync("/no"));
        await FailsAsync(ZooKeeperError.NoNode, "/no", client.DeleteAsync("/no"));
        await FailsAsync(ZooKeeperError.BadArguments, "/a/.", client.CreateAsync("/a/.", Bytes("x")));
        await FailsAsync(ZooKeeperError.BadArguments, "/a/", client.CreateAsync("/a/", Bytes("x")));
        await FailsAsync(ZooKeeperError.InvalidAcl, "/i", client.CreateAsync("/i", Bytes("x"), acl: AclList.Empty));
        await FailsAsync(ZooKeeperError.InvalidAcl, "/i", client.CreateAsync("/i", Bytes("x"), acl: new AclList([new(Permissions.All, "digest", "no-colon")])));
        await FailsAsync(ZooKeeperError.NoWatcher, "/a", client.RemoveWatchesAsync("/a"));
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Children_are_listed_with_their_parents_stat(string target)
    {
        await using var session = await NewRootAsync(target);
        var client = session.Client;
        await client.CreateAsync("/a", Bytes(""));
        foreach (var name in (string[])["x", "y", "größe"]) await client.CreateAsync("/a/" + name, Bytes(name));
        await client.DeleteAsync("/a/y");
        Assert.Equal(["größe", "x"], (await client.GetChildrenAsync("/a")).Order(StringComparer.Ordinal));
        var listed = await client.GetChildrenWithStatAsync("/a");
        Assert.Equal(["größe", "x"], listed.Names.Order(StringComparer.Ordinal));
        Assert.Equal((2, 4), (listed.Stat.NumChildren, listed.Stat.Cversion));
        Assert.True(listed.Stat.Pzxid > listed.Stat.Czxid);
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Sequential_names_count_on_and_never_repeat(string target)
    {
        await using var session = await NewRootAsync(target);
        var client = session.Client;
        await client.CreateAsync("/q", Bytes(""));
        Assert.Equal("/q/n-0000000000", await client.CreateAsync("/q/n-", Bytes(""), CreateMode.PersistentSequential));
        Assert.Equal("/q/n-0000000001", await client.CreateAsync("/q/n-", Bytes(""), CreateMode.EphemeralSequential));
        await client.DeleteAsync("/q/n-0000000001");
        await client.CreateAsync("/q/other", Bytes(""));
        var last = await client.CreateWithStatAsync("/q/n-", Bytes("abc"), CreateMode.PersistentSequential);
        Assert.Equal(("/q/n-0000000003", 3), (last.Path, last.Stat.DataLength));
        Assert.Equal("/q/0000000004", await client.CreateAsync("/q/", Bytes(""), CreateMode.PersistentSequential));
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task A_container_looks_like_any_other_znode(string target)
    {
        await using var session = await NewRootAsync(target);
        Assert.Equal("/c", await session.Client.CreateAsync("/c", Bytes("x"), CreateMode.Container));
        Assert.Equal(0, (await session.Client.ExistsAsync("/c"))!.Value.EphemeralOwner);
        Assert.Equal("/d", (await session.Client.CreateWithStatAsync("/d", Bytes("x"), CreateMode.Container)).Path);
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task A_multi_does_all_and_answers_each(string target)
    {
        await using var session = await NewRootAsync(target);
        var client = session.Client;
        await client.CreateAsync("/a", Bytes("x"));
        await client.CreateAsync("/gone", Bytes("x"));
        var results = await client.MultiAsync(
            new CheckOperation("/a", 0),
            new CreateOperation("/b", Bytes("y")),
            new CreateOperation("/b/s-", Bytes("y"), CreateMode.PersistentSequential),
            new SetDataOperation("/a", Bytes("xx"), 0),
            new DeleteOperation("/gone"),
            new CreateOperation("/c", Bytes(""), CreateMode.Container));
        Assert.Equal([null, "/b", "/b/s-0000000000", null, null, "/c"], results.Select(r => r.Path));
        Assert.Equal(1, results[3].Stat!.Value.Version);
        Assert.Null(await client.ExistsAsync("/gone"));
        var made = await client.ExistsAsync("/b");
        Assert.Equal(made!.Value.Czxid, (await client.ExistsAsync("/a"))!.Value.Mzxid);      // one transaction
        Assert.Empty(await client.MultiAsync());
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task A_multi_that_fails_does_nothing_and_names_the_culprit(string target)
    {
        await using var session = await NewRootAsync(target);
        var client = session.Client;
        await client.CreateAsync("/a", Bytes("x"));
        var failed = await Assert.ThrowsAsync<ZooKeeperMultiException>(() => client.MultiAsync(
            new CreateOperation("/b", Bytes("y")), new CheckOperation("/a", 4), new DeleteOperation("/a")));
        Assert.Equal((ZooKeeperError.BadVersion, 1, "/a"), (failed.Error, failed.Failed, failed.Path));
        Assert.Equal("Ok, BadVersion, RuntimeInconsistency", string.Join(", ", failed.Errors));
        Assert.Null(await client.ExistsAsync("/b"));
        Assert.NotNull(await client.ExistsAsync("/a"));
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Requests_are_pipelined_and_carried_out_in_order(string target)
    {
        await using var session = await NewRootAsync(target);
        var client = session.Client;
        await client.CreateAsync("/n", Bytes(""));
        var writes = Enumerable.Range(0, 500).Select(i => client.SetDataAsync("/n", Bytes($"{i}"))).ToArray();
        var read = client.GetDataAsync("/n");
        Assert.Equal(Bytes("499"), (await read).Data);
        var stats = await Task.WhenAll(writes);
        Assert.Equal(Enumerable.Range(1, 500), stats.Select(s => s.Version));
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Watches_of_one_shot_tell_the_next_change_once(string target)
    {
        await using var session = await NewRootAsync(target);
        var client = session.Client;
        Assert.Null(await client.ExistsAsync("/a", session.Watch));
        await client.CreateAsync("/a", Bytes("1"));
        await session.ExpectAsync(WatchedEventType.Created, "/a");

        await client.GetDataAsync("/a", session.Watch);
        await client.ExistsAsync("/a", session.Watch);
        await client.SetDataAsync("/a", Bytes("2"));
        await session.ExpectAsync(WatchedEventType.DataChanged, "/a");
        await client.SetDataAsync("/a", Bytes("3"));

        await client.GetChildrenAsync("/a", session.Watch);
        await client.CreateAsync("/a/b", Bytes(""));
        await session.ExpectAsync(WatchedEventType.ChildrenChanged, "/a");
        await client.DeleteAsync("/a/b");

        await client.GetChildrenAsync("/a", session.Watch);
        await client.GetDataAsync("/a", session.Watch);
        await client.DeleteAsync("/a");
        await session.ExpectAsync(WatchedEventType.Deleted, "/a");
        await client.SyncAsync();
        Assert.True(session.IsQuiet);
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task An_event_comes_before_any_reply_that_shows_the_change(string target)
    {
        await using var writer = await NewRootAsync(target);
        await using var reader = await ConnectAsync(writer, target);
        await writer.Client.CreateAsync("/a", Bytes("0"));
        await reader.Client.SyncAsync();
        for (var i = 1; i <= 50; i++)
        {
            await reader.Client.GetDataAsync("/a", reader.Watch);
            var written = writer.Client.SetDataAsync("/a", Bytes($"{i}"));
            while ((await reader.Client.GetDataAsync("/a")).Stat.Version < i) await reader.Client.SyncAsync();
            Assert.False(reader.IsQuiet);
            await reader.ExpectAsync(WatchedEventType.DataChanged, "/a");
            await written;
        }
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Persistent_watches_stay_until_they_are_removed(string target)
    {
        await using var session = await NewRootAsync(target);
        var client = session.Client;
        await client.AddWatchAsync("/a", WatchMode.Persistent, session.Watch);
        await client.CreateAsync("/a", Bytes(""));
        await session.ExpectAsync(WatchedEventType.Created, "/a");
        await client.CreateAsync("/a/b", Bytes(""));
        await session.ExpectAsync(WatchedEventType.ChildrenChanged, "/a");
        await client.SetDataAsync("/a/b", Bytes("x"));
        await client.SetDataAsync("/a", Bytes("x"));
        await session.ExpectAsync(WatchedEventType.DataChanged, "/a");
        await client.RemoveWatchesAsync("/a");
        await client.SetDataAsync("/a", Bytes("y"));
        await client.SyncAsync();
        Assert.True(session.IsQuiet);
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task A_recursive_watch_sees_all_below(string target)
    {
        await using var session = await NewRootAsync(target);
        var client = session.Client;
        await client.CreateAsync("/a", Bytes(""));
        await client.AddWatchAsync("/a", WatchMode.PersistentRecursive, session.Watch);
        await client.CreateAsync("/a/b", Bytes(""));
        await client.CreateAsync("/a/b/c", Bytes(""));
        await client.SetDataAsync("/a/b/c", Bytes("x"));
        await client.DeleteAsync("/a/b/c");
        await client.CreateAsync("/other", Bytes(""));
        await session.ExpectAsync(WatchedEventType.Created, "/a/b");
        await session.ExpectAsync(WatchedEventType.Created, "/a/b/c");
        await session.ExpectAsync(WatchedEventType.DataChanged, "/a/b/c");
        await session.ExpectAsync(WatchedEventType.Deleted, "/a/b/c");
        await client.SyncAsync();
        Assert.True(session.IsQuiet);
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Ephemerals_live_as_long_as_their_session(string target)
    {
        await using var other = await NewRootAsync(target);
        var owner = await ConnectAsync(other, target);
        await owner.Client.CreateAsync("/e", Bytes("x"), CreateMode.Ephemeral);
        await other.Client.SyncAsync();
        Assert.Equal(owner.Client.SessionId, (await other.Client.ExistsAsync("/e", other.Watch))!.Value.EphemeralOwner);
        await owner.DisposeAsync();
        await other.ExpectAsync(WatchedEventType.Deleted, "/e");
        Assert.Equal(ClientState.Closed, owner.Client.State);
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task A_session_outlives_its_connection_with_ephemerals_and_watches(string target)
    {
        await using var other = await NewRootAsync(target);
        await using var session = await ConnectAsync(other, target);
        var client = session.Client;
        var id = client.SessionId;
        await client.CreateAsync("/e", Bytes("x"), CreateMode.Ephemeral);
        await client.CreateAsync("/data", Bytes("x"));
        await client.CreateAsync("/kept", Bytes("x"));
        await client.CreateAsync("/gone", Bytes("x"));
        await client.CreateAsync("/parent", Bytes("x"));
        await client.GetDataAsync("/data", session.Watch);
        await client.GetDataAsync("/kept", session.Watch);
        await client.GetDataAsync("/gone", session.Watch);
        await client.ExistsAsync("/new", session.Watch);
        await client.GetChildrenAsync("/parent", session.Watch);
        await client.AddWatchAsync("/parent", WatchMode.PersistentRecursive, session.Watch);

        session.Network.Cut();
        await session.ExpectAsync(ClientState.Disconnected);
        await other.Client.SetDataAsync("/data", Bytes("y"));
        await other.Client.DeleteAsync("/gone");
        await other.Client.CreateAsync("/new", Bytes("y"));
        await other.Client.CreateAsync("/parent/child", Bytes("y"));
        var waits = client.GetDataAsync("/data");
        session.Network.Mend();
        await session.ExpectAsync(ClientState.Connected);

        object[] missed = [await session.NextAsync(), await session.NextAsync(), await session.NextAsync(), await session.NextAsync()];
        Assert.Equal(
            ["ChildrenChanged /parent", "Created /new", "DataChanged /data", "Deleted /gone"],
            missed.Select(m => m.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(Bytes("y"), (await waits).Data);
        Assert.Equal(id, client.SessionId);
        Assert.Equal(id, (await client.ExistsAsync("/e"))!.Value.EphemeralOwner);
        await other.Client.SetDataAsync("/kept", Bytes("z"));
        await session.ExpectAsync(WatchedEventType.DataChanged, "/kept");
        await other.Client.SetDataAsync("/parent/child", Bytes("z"));
        await session.ExpectAsync(WatchedEventType.DataChanged, "/parent/child");
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Requests_under_way_when_the_connection_breaks_have_an_unknown_fate(string target)
    {
        await using var session = await NewRootAsync(target);
        var client = session.Client;
        await client.CreateAsync("/n", Bytes(""));
        var writes = Enumerable.Range(0, 2000).Select(i => client.SetDataAsync("/n", Bytes($"{i}"))).ToArray();
        await writes[0];
        session.Network.Cut();
        await session.ExpectAsync(ClientState.Disconnected);
        session.Network.Mend();
        await session.ExpectAsync(ClientState.Connected);
        var done = 0;
        foreach (var write in writes)
        {
            try
            {
                await write;
                done++;
            }
            catch (ZooKeeperException e)
            {
                Assert.True(e.FateUnknown);
            }
        }

        Assert.InRange((await client.ExistsAsync("/n"))!.Value.Version, done, 2000);
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task A_session_unheard_of_expires_with_its_ephemerals(string target)
    {
        await using var other = await NewRootAsync(target);
        await using var session = await ConnectAsync(other, target, s => s with { SessionTimeoutMs = 800 });
        Assert.Equal(800, session.Client.TimeoutMs);
        await session.Client.CreateAsync("/e", Bytes("x"), CreateMode.Ephemeral);
        await other.Client.SyncAsync();
        Assert.NotNull(await other.Client.ExistsAsync("/e", other.Watch));
        session.Network.Cut();
        await session.ExpectAsync(ClientState.Disconnected);
        await other.ExpectAsync(WatchedEventType.Deleted, "/e");
        session.Network.Mend();
        await session.ExpectAsync(ClientState.Expired);
        await FailsAsync(ZooKeeperError.SessionExpired, "/e", session.Client.GetDataAsync("/e"));
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task An_idle_session_is_kept_alive_by_pings(string target)
    {
        await using var other = await NewRootAsync(target);
        await using var idle = await ConnectAsync(other, target, s => s with { SessionTimeoutMs = 800 });
        await idle.Client.CreateAsync("/e", Bytes("x"), CreateMode.Ephemeral);
        await Task.Delay(2500);     // three time-outs
        Assert.Equal(ClientState.Connected, idle.Client.State);
        Assert.True(idle.IsQuiet);
        Assert.NotNull(await other.Client.ExistsAsync("/e"));
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Another_client_may_go_on_with_a_session_by_its_password(string target)
    {
        await using var root = await NewRootAsync(target);
        var first = await ConnectAsync(root, target);
        await first.Client.CreateAsync("/e", Bytes("x"), CreateMode.Ephemeral);
        var (id, password) = (first.Client.SessionId, first.Client.Password.Span.ToArray());
        first.Client.Abandon();

        await using var thief = Begin(new ZooKeeperClientSettings { Connect = (await targets.GetAsync(target)).Connect, Session = (id, new byte[16]) });
        await thief.ExpectAsync(ClientState.Expired);

        await using var second = await ConnectAsync(root, target, s => s with { Session = (id, password) });
        Assert.Equal(id, second.Client.SessionId);
        Assert.Equal(id, (await second.Client.ExistsAsync("/e"))!.Value.EphemeralOwner);
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task The_session_that_is_taken_over_loses_its_connection(string target)
    {
        await using var root = await NewRootAsync(target);
        var first = await ConnectAsync(root, target);
        var (id, password) = (first.Client.SessionId, first.Client.Password.Span.ToArray());
        first.Network.Seal();
        var second = await ConnectAsync(root, target, s => s with { Session = (id, password) });
        await first.ExpectAsync(ClientState.Disconnected);
        first.Client.Abandon();
        second.Client.Abandon();
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Digests_open_what_they_close(string target)
    {
        await using var root = await NewRootAsync(target);
        await using var owner = await ConnectAsync(root, target, s => s with { Auth = [("digest", "ann:secret"u8.ToArray())] });
        await owner.Client.CreateAsync("/mine", Bytes("x"), acl: new AclList([new(Permissions.All, "auth", "")]));
        var acl = await owner.Client.GetAclAsync("/mine");
        Assert.Equal("digest:ann:7RJfAeIvrl4zdj6sS2fXrQHDvHM=:31", acl.Acl.ToString());

        await using var other = await ConnectAsync(root, target);
        await other.Client.SyncAsync();
        await FailsAsync(ZooKeeperError.NoAuth, "/mine", other.Client.GetDataAsync("/mine"));
        await FailsAsync(ZooKeeperError.NoAuth, "/mine", other.Client.SetDataAsync("/mine", Bytes("y")));
        await FailsAsync(ZooKeeperError.NoAuth, "/mine/child", other.Client.CreateAsync("/mine/child", Bytes("y")));
        await FailsAsync(ZooKeeperError.InvalidAcl, "/none", other.Client.CreateAsync("/none", Bytes("y"), acl: new AclList([new(Permissions.All, "auth", "")])));
        await other.Client.AddAuthAsync("digest", "ann:secret"u8.ToArray());
        Assert.Equal(Bytes("x"), (await other.Client.GetDataAsync("/mine")).Data);

        other.Network.Cut();
        await other.ExpectAsync(ClientState.Disconnected);
        other.Network.Mend();
        await other.ExpectAsync(ClientState.Connected);
        Assert.Equal(1, (await other.Client.SetDataAsync("/mine", Bytes("y"))).Version);     // credentials are shown again
        Assert.Equal(1, (await owner.Client.SetAclAsync("/mine", AclList.ReadOnly, 0)).Aversion);
        await FailsAsync(ZooKeeperError.NoAuth, "/mine", owner.Client.SetDataAsync("/mine", Bytes("z")));
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Unknown_credentials_end_the_client(string target)
    {
        await using var session = await NewRootAsync(target);
        await FailsAsync(ZooKeeperError.AuthFailed, null, session.Client.AddAuthAsync("no-such-scheme", "x"u8.ToArray()));
        await session.ExpectAsync(ClientState.AuthFailed);
        await FailsAsync(ZooKeeperError.AuthFailed, "/a", session.Client.GetDataAsync("/a"));
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task The_chroot_is_not_seen_and_not_made(string target)
    {
        var servers = await targets.GetAsync(target);
        var root = targets.NewRoot();
        await using var outside = await ClientSession.ConnectAsync(servers.Connect);
        await using var inside = await ClientSession.ConnectAsync(servers.Connect + root);
        await FailsAsync(ZooKeeperError.NoNode, "/a", inside.Client.CreateAsync("/a", Bytes("x")));
        await outside.Client.CreateAsync(root, Bytes("x"));
        await inside.Client.SyncAsync();
        Assert.Equal("/a", await inside.Client.CreateAsync("/a", Bytes("x")));
        await inside.Client.GetChildrenAsync("/", inside.Watch);
        await outside.Client.CreateAsync(root + "/b", Bytes("x"));
        await inside.ExpectAsync(WatchedEventType.ChildrenChanged, "/");
        Assert.NotNull(await outside.Client.ExistsAsync(root + "/a"));
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task A_restart_of_the_servers_is_outlived_by_sessions_and_data(string target)
    {
        var servers = await targets.GetAsync(target);
        await using var session = await NewRootAsync(target, s => s with { SessionTimeoutMs = 4000 });
        var client = session.Client;
        var id = client.SessionId;
        await client.CreateAsync("/kept", Bytes("x"));
        await client.CreateAsync("/e", Bytes("x"), CreateMode.Ephemeral);
        await client.GetDataAsync("/kept", session.Watch);
        await servers.RestartAsync();
        await session.ExpectAsync(ClientState.Disconnected);
        await session.ExpectAsync(ClientState.Connected);
        Assert.Equal(id, client.SessionId);
        Assert.Equal(id, (await client.ExistsAsync("/e"))!.Value.EphemeralOwner);
        await client.SetDataAsync("/kept", Bytes("y"));
        await session.ExpectAsync(WatchedEventType.DataChanged, "/kept");
    }

    [Fact]
    public async Task Requests_without_a_server_are_given_up_after_a_sessions_time_out()
    {
        await using var session = Begin(new ZooKeeperClientSettings { Connect = $"127.0.0.1:{Ports.Free()},127.0.0.1:{Ports.Free()}", SessionTimeoutMs = 300 });
        await FailsAsync(ZooKeeperError.ConnectionLoss, "/a", session.Client.GetDataAsync("/a"));
        await Assert.ThrowsAsync<ZooKeeperException>(() => session.Client.WaitConnectedAsync(50));
    }

    private async Task<ClientSession> NewRootAsync(string target, Func<ZooKeeperClientSettings, ZooKeeperClientSettings>? change = null)
    {
        var servers = await targets.GetAsync(target);
        var root = targets.NewRoot();
        await using (var outside = await ClientSession.ConnectAsync(servers.Connect)) await outside.Client.CreateAsync(root, Bytes(""));
        var session = await ClientSession.ConnectAsync(servers.Connect + root, s => (change?.Invoke(s) ?? s) with { });
        await session.Client.SyncAsync();
        _roots[session] = root;
        return session;
    }

    /// <summary>Another client of the same root.</summary>
    private async Task<ClientSession> ConnectAsync(ClientSession beside, string target, Func<ZooKeeperClientSettings, ZooKeeperClientSettings>? change = null)
    {
        var session = await ClientSession.ConnectAsync((await targets.GetAsync(target)).Connect + _roots[beside], change);
        await session.Client.SyncAsync();
        return session;
    }

    private static async Task FailsAsync(ZooKeeperError error, string? path, Task request)
    {
        var failed = await Assert.ThrowsAnyAsync<ZooKeeperException>(() => request);
        Assert.Equal((error, path), (failed.Error, failed.Path));
    }

    private readonly Dictionary<ClientSession, string> _roots = [];
}
