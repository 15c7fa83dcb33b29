using Reference.Coordination;

namespace Reference.Systematic.Coordination;

public class WatchesTests
{
    private static readonly ConnectionId One = new(1), Two = new(2);

    private static (string, int) Fire(Watches watches, WatchEventType type, string path)
    {
        var events = ImmutableArray.CreateBuilder<Effect>();
        var left = watches.Fire(new(type, path, false), events);
        return (string.Join(" ", events.Cast<Notify>().Select(n => $"{n.Connection}{n.Type}{n.Path}")), left.Count);
    }

    [Theory, Trait("Rule", "COORD-WATCH-1")]
    [InlineData(WatchKind.Data, "/a", WatchEventType.Created, "/a", "#1Created/a", 0)]
    [InlineData(WatchKind.Data, "/a", WatchEventType.DataChanged, "/a", "#1DataChanged/a", 0)]
    [InlineData(WatchKind.Data, "/a", WatchEventType.Deleted, "/a", "#1Deleted/a", 0)]
    [InlineData(WatchKind.Data, "/a", WatchEventType.Created, "/a/b", "", 1)]
    [InlineData(WatchKind.Child, "/a", WatchEventType.Created, "/a/b", "#1ChildrenChanged/a", 0)]
    [InlineData(WatchKind.Child, "/a", WatchEventType.Deleted, "/a/b", "#1ChildrenChanged/a", 0)]
    [InlineData(WatchKind.Child, "/a", WatchEventType.DataChanged, "/a/b", "", 1)]
    [InlineData(WatchKind.Child, "/a", WatchEventType.DataChanged, "/a", "", 1)]
    [InlineData(WatchKind.Child, "/a", WatchEventType.Deleted, "/a", "#1Deleted/a", 0)]
    [InlineData(WatchKind.Child, "/", WatchEventType.Created, "/a", "#1ChildrenChanged/", 0)]
    [InlineData(WatchKind.Persistent, "/a", WatchEventType.Created, "/a/b", "#1ChildrenChanged/a", 1)]
    [InlineData(WatchKind.Persistent, "/a", WatchEventType.DataChanged, "/a", "#1DataChanged/a", 1)]
    [InlineData(WatchKind.Persistent, "/a", WatchEventType.DataChanged, "/a/b", "", 1)]
    [InlineData(WatchKind.Persistent, "/a", WatchEventType.Deleted, "/a", "#1Deleted/a", 1)]
    [InlineData(WatchKind.Recursive, "/", WatchEventType.Created, "/a/b/c", "#1Created/a/b/c", 1)]
    [InlineData(WatchKind.Recursive, "/a", WatchEventType.Deleted, "/a/b", "#1Deleted/a/b", 1)]
    [InlineData(WatchKind.Recursive, "/a", WatchEventType.DataChanged, "/a", "#1DataChanged/a", 1)]
    [InlineData(WatchKind.Recursive, "/a", WatchEventType.Created, "/ab", "", 1)]
    public void A_change_is_seen_by_the_watches_that_look_at_it(WatchKind kind, string watched, WatchEventType type, string path, string events, int left) =>
        Assert.Equal((events, left), Fire(Watches.None.Add(kind, watched, One), type, path));

    [Fact, Trait("Rule", "COORD-WATCH-1")]
    public void A_connection_is_told_once_however_many_of_its_watches_see_an_event()
    {
        var watches = Watches.None.Add(WatchKind.Data, "/a", One).Add(WatchKind.Child, "/a", One).Add(WatchKind.Persistent, "/a", One).Add(WatchKind.Recursive, "/", One).Add(WatchKind.Data, "/a", Two);
        Assert.Equal(("#1Deleted/a #2Deleted/a", 2), Fire(watches, WatchEventType.Deleted, "/a"));
    }

    [Fact, Trait("Rule", "COORD-WATCH-2")]
    public void A_watch_set_twice_is_set_once_and_goes_with_its_connection()
    {
        var watches = Watches.None.Add(WatchKind.Data, "/a", One).Add(WatchKind.Data, "/a", One).Add(WatchKind.Child, "/b", One).Add(WatchKind.Recursive, "/", One).Add(WatchKind.Data, "/a", Two);
        Assert.Equal((4, 3), (watches.Count, watches.PathCount));
        var left = watches.RemoveAll(One);
        Assert.Equal((1, 1), (left.Count, left.PathCount));
        Assert.Equal(Fingerprint.Of(Watches.None.Add(WatchKind.Data, "/a", Two)), Fingerprint.Of(left));
        Assert.Equal(Fingerprint.Of(Watches.None), Fingerprint.Of(left.RemoveAll(Two)));
    }
}
