using CsCheck;
using Reference.Coordination;

namespace Reference.Systematic.Coordination;

public class TreeTests
{
    private static readonly string[] Places = ["/a", "/b", "/a/x", "/a/y", "/a/x/1", "/b/z"];

    private static Reference.Coordination.Tree New => Reference.Coordination.Tree.Initial;

    [Fact, Trait("Rule", "COORD-INV-2")]
    public void A_tree_is_a_map_of_paths_whatever_is_done_to_it_and_its_hash_is_that_of_a_tree_made_anew() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3]).Array[0, 60].Sample(moves =>
        {
            var tree = New;
            var model = new SortedDictionary<string, (string Data, int Version, int Creations, long Owner)>(StringComparer.Ordinal);
            long zxid = 0;
            foreach (var (place, move) in moves)
            {
                var path = Places[place];
                var parent = Paths.Parent(path);
                zxid++;
                if (move <= 1 && !model.ContainsKey(path) && (parent == "/" || model.ContainsKey(parent)))
                {
                    var owner = move == 1 && place > 2 ? 7 : 0;
                    tree = tree.Create(path, Requests.Bytes("d"), AclList.Open, owner, zxid, 5);
                    model[path] = ("d", 0, 0, owner);
                    if (parent != "/") model[parent] = model[parent] with { Creations = model[parent].Creations + 1 };
                }
                else if (move == 2 && model.ContainsKey(path) && !model.Keys.Any(k => k.StartsWith(path + "/", StringComparison.Ordinal)))
                {
                    tree = tree.Delete(path, zxid);
                    model.Remove(path);
                }
                else if (move == 3 && model.TryGetValue(path, out var node))
                {
                    tree = tree.SetData(path, Requests.Bytes($"{zxid}"), node.Version + 1, zxid, 6);
                    model[path] = node with { Data = $"{zxid}", Version = node.Version + 1 };
                }
            }

            Assert.Equal(model.Keys, tree.Nodes.Select(n => n.Key).Where(k => k != "/" && !k.StartsWith("/zookeeper", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
            foreach (var (path, node) in model)
            {
                var found = tree.Find(path)!;
                Assert.Equal(node, (Requests.Text(found.Data), found.Version, found.Creations, found.EphemeralOwner));
                Assert.Equal(model.Keys.Where(k => Paths.Parent(k) == path).Select(Paths.Name).ToArray(), found.Children.ToArray());
                Assert.Equal(2 * node.Creations - found.Children.Count, found.Stat.Cversion);
                Assert.Equal(model.Keys.Count(k => k.StartsWith(path + "/", StringComparison.Ordinal)), tree.CountBelow(path));
            }
            Assert.Equal(model.Where(m => m.Value.Owner == 7).Select(m => m.Key).ToArray(), (tree.Ephemerals.GetValueOrDefault(new(7)) ?? []).ToArray());
            var anew = Reference.Coordination.Tree.Of(tree.Nodes);
            Assert.Equal(tree.Hash, anew.Hash);
            Assert.Equal((tree.Count, tree.ApproximateSize, tree.EphemeralCount), (anew.Count, anew.ApproximateSize, anew.EphemeralCount));
        }, iter: 500);

    [Fact, Trait("Rule", "COORD-INV-10")]
    public void The_hash_does_not_depend_on_the_order_of_changes()
    {
        var one = New.SetData("/zookeeper", Requests.Bytes("x"), 1, 9, 9).SetData("/zookeeper/quota", Requests.Bytes("y"), 1, 9, 9);
        var other = New.SetData("/zookeeper/quota", Requests.Bytes("y"), 1, 9, 9).SetData("/zookeeper", Requests.Bytes("x"), 1, 9, 9);
        Assert.Equal(one.Hash, other.Hash);
        Assert.NotEqual(New.Hash, one.Hash);
    }

    [Fact, Trait("Rule", "COORD-APPLY-1")]
    public void A_new_ensemble_has_what_ZooKeepers_has()
    {
        Assert.Equal(["/", "/zookeeper", "/zookeeper/config", "/zookeeper/quota"], New.Nodes.Select(n => n.Key));
        Assert.Equal((-1, 1), (New.Find("/")!.Stat.Cversion, New.Find("/")!.Stat.NumChildren));
        Assert.Equal((-2, 2), (New.Find("/zookeeper")!.Stat.Cversion, New.Find("/zookeeper")!.Stat.NumChildren));
    }

    [Fact, Trait("Rule", "COORD-APPLY-2")]
    public void A_tree_is_not_made_of_children_without_their_parent() =>
        Assert.Throws<ArgumentException>(() => Reference.Coordination.Tree.Of([.. New.Nodes.Where(n => n.Key != "/zookeeper")]));

    [Fact, Trait("Rule", "COORD-INV-2")]
    public void A_version_of_the_tree_does_not_see_what_is_done_to_another()
    {
        var one = New.Create("/a", Blob.None, AclList.Open, 0, 1, 1);
        var two = one.Delete("/a", 2).Create("/b", Blob.None, AclList.Open, 0, 3, 3);
        Assert.NotNull(one.Find("/a"));
        Assert.Null(one.Find("/b"));
        Assert.Null(two.Find("/a"));
        Assert.Equal(3, two.Find("/")!.Pzxid);
        Assert.Equal(2, two.Find("/")!.Creations);
    }
}
