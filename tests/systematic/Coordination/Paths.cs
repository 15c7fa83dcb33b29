using Reference.Coordination;

namespace Reference.Systematic.Coordination;

public class PathsTests
{
    [Theory, Trait("Rule", "COORD-PATH-1")]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("/a/b.c")]
    [InlineData("/a/...")]
    [InlineData("/.a")]
    [InlineData("/a b")]
    [InlineData("/ä/日本")]
    public void Paths_that_clients_send_are_taken(string path) => Assert.True(Reference.Coordination.Paths.IsValid(path));

    [Theory, Trait("Rule", "COORD-PATH-1")]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("/a/")]
    [InlineData("//")]
    [InlineData("//a")]
    [InlineData("/a//b")]
    [InlineData("/.")]
    [InlineData("/..")]
    [InlineData("/a/./b")]
    [InlineData("/a/../b")]
    [InlineData("/a/..")]
    [InlineData("/a\0")]
    [InlineData("/a\u001f")]
    [InlineData("/a\u007f")]
    [InlineData("/a\ud800")]
    [InlineData("/a\uf8ff")]
    [InlineData("/a\uffff")]
    public void Paths_that_clients_refuse_are_refused(string path) => Assert.False(Reference.Coordination.Paths.IsValid(path));

    [Theory]
    [InlineData("/a", "/", "a")]
    [InlineData("/a/b", "/a", "b")]
    [InlineData("/a/b/c", "/a/b", "c")]
    public void A_path_is_its_parent_and_a_name(string path, string parent, string name)
    {
        Assert.Equal((parent, name), (Reference.Coordination.Paths.Parent(path), Reference.Coordination.Paths.Name(path)));
        Assert.Equal(path, Reference.Coordination.Paths.Child(parent, name));
    }
}
