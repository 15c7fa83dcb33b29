namespace Reference.Integration.Clients;

/// <summary>kazoo, the ZooKeeper client of Python.</summary>
[Collection(SharedCluster.Name)]
public sealed class Kazoo(LocalClusterFixture fixture)
{
    [InstalledFact(Installed.Kazoo)]
    public async Task It_makes_znodes_of_each_kind_watches_them_and_changes_them_together()
    {
        var printed = await Installed.RunPython("""
            import sys, threading
            from kazoo.client import KazooClient, KazooState
            from kazoo.exceptions import RolledBackError

            hosts, root = sys.argv[1:]

            def attempt(root, broke):
                one, two = KazooClient(hosts, timeout=20), KazooClient(hosts, timeout=20)
                for client in one, two: client.add_listener(lambda state: broke.append(state) if state == KazooState.SUSPENDED else None)
                one.start(60)
                two.start(60)
                assert one.create(root + "/kept", b"one", makepath=True) == root + "/kept"
                data, stat = one.get(root + "/kept")
                assert (data, stat.version, stat.ephemeralOwner) == (b"one", 0, 0), (data, stat)

                names = [one.create(root + "/s-", sequence=True) for _ in range(3)]
                numbers = [int(name[-10:]) for name in names]
                assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2], names

                seen = threading.Event()
                two.sync(root + "/kept")
                assert two.get(root + "/kept", watch=lambda event: seen.set() if event.type == "CHANGED" else None)[0] == b"one"
                one.set(root + "/kept", b"two")
                assert seen.wait(60)
                assert two.get(root + "/kept")[0] == b"two"

                both = one.transaction()
                both.create(root + "/a", b"a")
                both.set_data(root + "/kept", b"three", version=1)
                assert both.commit()[0] == root + "/a"
                none = one.transaction()
                none.create(root + "/b", b"b")
                none.check(root + "/kept", 99)
                assert isinstance(none.commit()[0], RolledBackError)
                assert one.exists(root + "/b") is None

                one.create(root + "/e", b"", ephemeral=True)
                gone = threading.Event()
                two.sync(root)
                assert two.exists(root + "/e", watch=lambda event: gone.set() if event.type == "DELETED" else None).ephemeralOwner == one.client_id[0]
                one.stop()
                assert gone.wait(60)
                two.delete(root, recursive=True)
                two.stop()

            # On a slow machine the ensemble may elect anew and break a connection: then, and only then, it is tried again.
            for n in range(5):
                broke = []
                try:
                    attempt(root + str(n), broke)
                    break
                except Exception:
                    if not broke or n == 4: raise
            print("done")
            """, fixture.Cluster.EnsembleAddresses, "/" + fixture.NewName("kazoo"));
        Assert.Equal("done", printed.Trim());
    }

    [InstalledFact(Installed.Kazoo)]
    public async Task Its_session_moves_when_its_server_is_killed()
    {
        var leader = await fixture.EnsembleLeaderAsync();
        // The script leaves a file once it's to be done, and goes on when it has been.
        using var folder = new Hosting.TemporaryFolder();
        var running = Installed.RunPython("""
            import os, sys, threading, time
            from kazoo.client import KazooClient, KazooState

            hosts, first, path, folder = sys.argv[1:]
            states, back = [], threading.Event()
            client = KazooClient(first, timeout=20)
            def listen(state):
                states.append(state)
                if state == KazooState.CONNECTED and KazooState.SUSPENDED in states: back.set()
            client.add_listener(listen)
            client.start(60)
            session = client.client_id[0]
            client.create(path, b"mine", ephemeral=True)
            client.set_hosts(hosts)
            open(os.path.join(folder, "ready"), "w").close()
            assert back.wait(90), states
            assert KazooState.LOST not in states, states
            assert client.client_id[0] == session
            client.retry(client.sync, path)
            data, stat = client.retry(client.get, path)
            assert (data, stat.ephemeralOwner) == (b"mine", session), (data, stat)
            client.retry(client.set, path, b"still mine")
            client.stop()
            print("moved")
            """, fixture.Cluster.EnsembleAddresses, leader.Address, "/" + fixture.NewName("session"), folder.Path);
        while (!File.Exists(folder.At("ready")) && !running.IsCompleted) await Task.Delay(20);
        leader.Kill();
        try
        {
            Assert.Equal("moved", (await running).Trim());
        }
        finally
        {
            await leader.Ended;
            await fixture.ServingAsync();
        }
    }
}
