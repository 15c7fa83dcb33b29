using CsCheck;
using Reference.Coordination;

namespace Reference.Systematic.Coordination;

public class PathMapTests
{
    private static readonly Node Any = new(Blob.None, AclList.Open, 1, 1, 1, 1, 1, 0, 0, 0, 0);

    [Fact]
    public void A_map_is_a_dictionary_whatever_is_put_in_and_taken_out() =>
        Gen.Int[-300, 600].Array[0, 800].Sample(moves =>
        {
            var map = PathMap.Empty;
            var model = new Dictionary<string, Node>();
            var versions = new List<(PathMap Map, int Count)>();
            foreach (var move in moves)
            {
                var path = $"/{Math.Abs(move) % 301}";
                if (move >= 0)
                {
                    var entry = new Entry(path, Any.WithChild($"{model.Count}", 2));
                    map = map.With(entry);
                    model[path] = entry.Node;
                }
                else if (model.Remove(path)) map = map.Without(path);
                versions.Add((map, model.Count));
            }
            for (var i = 0; i <= 301; i++) Assert.Same(model.GetValueOrDefault($"/{i}"), map.Find($"/{i}")?.Node);
            Assert.All(versions, v => Assert.Equal(v.Count, v.Map.Count));
            Assert.All(versions, v => Assert.Equal(v.Count, Enumerable.Range(0, 302).Count(i => v.Map.Find($"/{i}") is not null)));
        }, iter: 30);

    [Fact]
    public void A_version_does_not_see_what_is_done_to_another()
    {
        var one = PathMap.Empty.With(new("/a", Any));
        var two = one.With(new("/b", Any)).Without("/a");
        Assert.Equal((1, 1), (one.Count, two.Count));
        Assert.NotNull(one.Find("/a"));
        Assert.Null(one.Find("/b"));
        Assert.Null(two.Find("/a"));
        Assert.Same(Any, two.Find("/b")!.Node);
        Assert.Equal(0, two.Without("/b").Count);
    }
}
