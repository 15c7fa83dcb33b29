using Reference.Coordination;

namespace Reference.Systematic.Coordination;

public class ServerConnectionsTests
{
    [Fact, Trait("Rule", "COORD-SESSION-1")]
    public void A_new_session_is_answered_when_it_is_committed()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Come(2, timeoutMs: 50_000);
        Assert.Empty(service.Sent[client.Connection.Value]);
        service.Settle();
        var answer = Assert.IsType<AnswerConnect>(Assert.Single(service.Sent[client.Connection.Value]));
        Assert.Equal(2, answer.Session.Value >> 56);
        Assert.Equal((10_000, 16), (answer.TimeoutMs, answer.Password.Length));
        Assert.All([1, 2, 3], id => Assert.Equal(new Session(10_000, answer.Password), service[id].Committed.Sessions[answer.Session]));
    }

    [Fact, Trait("Rule", "COORD-MOVE-1")]
    public void A_client_that_has_seen_more_is_closed_without_an_answer()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        client.Ask(Requests.Create("/a"));
        service.Settle(except: 3);
        client.Hear().Come(3);
        Assert.IsType<Close>(Assert.Single(service.Sent[client.Connection.Value]));
        service.Settle();
        Assert.True(client.Join(3).IsOpen);
    }

    [Fact, Trait("Rule", "COORD-MOVE-2")]
    public void A_session_goes_on_at_another_server()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        var session = client.Session;
        client.Create("/e", CreateMode.Ephemeral);
        Assert.True(client.Join(3).IsOpen);
        Assert.Equal(session, client.Session);
        Assert.Equal(ErrorCode.Ok, client.Error(Requests.Set("/e", "x")));
        Assert.True(client.Join(1).IsOpen);
        Assert.Equal(ErrorCode.Ok, client.Error(Requests.Set("/e", "y")));
        service.Holds();
    }

    [Theory, Trait("Rule", "COORD-MOVE-2")]
    [InlineData(1)]
    [InlineData(3)]
    public void A_session_that_is_not_or_a_password_that_is_wrong_is_refused(int server)
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        foreach (var (session, password) in new[] { (client.Session, Blob.Of(new byte[16])), (client.Session, Blob.None), (new SessionId(5), client.Password) })
        {
            var connection = service.Connect(server, 0, session, password);
            service.Settle();
            Assert.Collection(service.Sent[connection.Value],
                e => Assert.Equal((SessionId.None, 0), (((AnswerConnect)e).Session, ((AnswerConnect)e).TimeoutMs)),
                e => Assert.IsType<Close>(e));
        }
        Assert.Equal(ErrorCode.Ok, client.Error(Requests.Create("/a")));
    }

    [Theory, Trait("Rule", "COORD-MOVE-3")]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(3)]
    public void The_connection_left_behind_is_closed_wherever_it_is(int server)
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        var connection = service.Connect(server, 0, client.Session, client.Password);
        service.Settle();
        Assert.IsType<AnswerConnect>(Assert.Single(service.Sent[connection.Value]));
        Assert.IsType<Close>(service.Sent[client.Connection.Value][^1]);
        Assert.Equal(connection, service[server].Attached[client.Session]);
        Assert.DoesNotContain(client.Connection, service[2].Connections.Keys);
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-MOVE-3")]
    public void A_request_through_the_server_left_behind_comes_too_late()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        var connection = service.Connect(3, 0, client.Session, client.Password);
        service.Deliver(3, 1);
        client.Ask(Requests.Create("/late"));
        service.Settle();
        Assert.Null(service[1].Committed.Tree.Find("/late"));
        Assert.IsType<Close>(service.Sent[client.Connection.Value][^1]);
        Assert.DoesNotContain(service.Sent[client.Connection.Value], e => e is Reply);
        Assert.True(service[3].Connections.ContainsKey(connection));
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-ROLE-1")]
    public void A_connection_that_goes_takes_its_watches_and_leaves_its_session()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        client.Do(new ExistsRequest("/a", true));
        service.Take(2, new ConnectionClosed(client.Connection));
        Assert.Equal((0, 0, 0), (service[2].Watches.Count, service[2].Connections.Count, service[2].Attached.Count));
        Assert.Contains(client.Session, service[2].Committed.Sessions.Keys);
        Assert.NotNull(service.Core(2).Take(service[2], new ConnectionClosed(client.Connection)).Ignored);
    }

    [Fact, Trait("Rule", "COORD-SESSION-1")]
    public void A_request_before_the_answer_closes_the_connection()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Come(2);
        Assert.IsType<Close>(Assert.Single(service.Request(2, client.Connection, 1, new PingRequest())));
        service.Settle().Holds();
    }
}
