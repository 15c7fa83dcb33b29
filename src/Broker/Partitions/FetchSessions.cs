using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Partitions;

/// <summary>The fetch sessions of a broker: so many, and no more.</summary>
internal sealed class FetchSessions(int slots)
{
    private const int Sessionless = 0, FinalEpoch = -1, InitialEpoch = 0;
    private const long EvictableAfterMs = 120_000;

    private readonly Dictionary<int, FetchSession> _sessions = [];

    /// <summary>The session of a request, with the request's changes taken; or an error. A session of number 0 lives for this request only.</summary>
    [Rule("FETCH-SESSION-1"), Rule("FETCH-SESSION-2")]
    public (FetchSession? Session, ErrorCode Error, bool IsWhole) For(FetchRequest request, long nowMs)
    {
        if (request.SessionEpoch is FinalEpoch or InitialEpoch)
        {
            _sessions.Remove(request.SessionId);
            var isFollowers = request.ReplicaId >= 0;
            var whole = new FetchSession(request.SessionEpoch == InitialEpoch && HasRoom(isFollowers, nowMs) ? NewId() : Sessionless, isFollowers, nowMs);
            whole.Update(request, nowMs);
            if (whole.Partitions.Count == 0) whole = new(Sessionless, isFollowers, nowMs);
            if (whole.Id != Sessionless) _sessions[whole.Id] = whole;
            return (whole, ErrorCode.None, true);
        }

        if (!_sessions.TryGetValue(request.SessionId, out var session)) return (null, ErrorCode.FetchSessionIdNotFound, false);
        if (session.NextEpoch != request.SessionEpoch) return (null, ErrorCode.InvalidFetchSessionEpoch, false);
        session.Update(request, nowMs);
        session.Advance();
        return (session, ErrorCode.None, false);
    }

    /// <summary>Room for one more session: a free slot, or that of one that nobody has used for long, or of a consumer's if a follower wants it.</summary>
    [Rule("FETCH-SESSION-3")]
    private bool HasRoom(bool isFollowers, long nowMs)
    {
        if (_sessions.Count < slots) return true;
        if (slots == 0) return false;
        var oldest = _sessions.Values.OrderBy(session => session.IsFollowers && isFollowers).ThenBy(session => session.UsedMs).First();
        if (nowMs - oldest.UsedMs < EvictableAfterMs && !(isFollowers && !oldest.IsFollowers)) return false;
        _sessions.Remove(oldest.Id);
        return true;
    }

    private int NewId()
    {
        int id;
        do id = Random.Shared.Next(1, int.MaxValue);
        while (_sessions.ContainsKey(id));
        return id;
    }
}
