using System.Buffers;
using MessagePack;
using Reference.Broker.Ensemble.Codecs;
using Reference.Zab;
using Service = Reference.Coordination;

namespace Reference.Broker.Ensemble;

/// <summary>
/// An election, a term and the end of its leader, played by the cores in memory. A takeover runs code that a server may never have run before; compiled on the spot it would
/// take longer than the takeover itself. The cores are pure, so they can play it beforehand.
/// </summary>
public static class Rehearsal
{
    private const int MostSteps = 5_000;

    /// <summary>Plays it. Harmless to whatever else the process does; takes some tenths of a second.</summary>
    /// <returns>How many leaders came to be: two.</returns>
    public static int Run() => new Play().Run();

    private sealed class Play
    {
        private static readonly ImmutableSortedSet<NodeId> Members = [new(1), new(2), new(3)];

        private readonly Dictionary<NodeId, (Peer Core, NodeState State)> _peers = Members.ToDictionary(id => id, id => (new Peer(new(id, Members)), Peer.Recover(Durable.New)));
        private readonly Dictionary<NodeId, (Service.Server Core, Service.ServerState State)> _services = Members.ToDictionary(id => id, ServiceOf);
        private readonly Queue<(NodeId To, Input Input)> _inputs = [];
        private readonly ArrayBufferWriter<byte> _wire = new();

        public int Run()
        {
            foreach (var id in Members) _inputs.Enqueue((id, new Started()));
            foreach (var id in Members)
                foreach (var other in Members.Remove(id)) _inputs.Enqueue((id, new Connected(other)));
            if (Established() is not { } leader) return 0;
            foreach (var txn in (byte[][])[[1], [2], [3]]) _inputs.Enqueue((leader, new Proposed(new(txn))));
            Established();
            _peers.Remove(leader);
            foreach (var id in _peers.Keys) _inputs.Enqueue((id, new Disconnected(leader)));
            return Established() is null ? 1 : 2;
        }

        /// <summary>Plays until nothing is left to do; says who leads then.</summary>
        private NodeId? Established()
        {
            for (var steps = 0; steps < MostSteps && _inputs.TryDequeue(out var next); steps++)
            {
                if (!_peers.TryGetValue(next.To, out var peer)) continue;
                var step = peer.Core.Take(peer.State, next.Input);
                _peers[next.To] = (peer.Core, step.State);
                foreach (var effect in step.Effects) Run(next.To, effect);
            }
            foreach (var (id, peer) in _peers)
                if (peer.State.IsEstablished) return id;
            return null;
        }

        private void Run(NodeId self, Effect effect)
        {
            switch (effect)
            {
                case Send e when _peers.ContainsKey(e.To):
                    _inputs.Enqueue((e.To, new Received(self, OverTheWire(e.Message))));
                    break;
                case Persist:
                    _inputs.Enqueue((self, new Persisted(1)));
                    break;
                case Disconnect e when _peers.ContainsKey(e.Peer):
                    _inputs.Enqueue((e.Peer, new Disconnected(self)));
                    _inputs.Enqueue((e.Peer, new Connected(self)));
                    _inputs.Enqueue((self, new Connected(e.Peer)));
                    break;
                case SetAlarm { Alarm: Alarm.ElectionSettles } e:
                    _inputs.Enqueue((self, new AlarmRang(e.Alarm)));
                    break;
                case Activate e:
                    Take(self, new Service.Activated(e.Epoch, new(e.Leader.Value), default));
                    break;
                case Depose:
                    Take(self, new Service.Deposed());
                    break;
            }
        }

        private void Take(NodeId self, Service.Input input)
        {
            var (core, state) = _services[self];
            _services[self] = (core, core.Take(state, input).State);
        }

        private Message OverTheWire(Message message)
        {
            _wire.ResetWrittenCount();
            var writer = new MessagePackWriter(_wire);
            ZabCodec.Write(ref writer, message);
            writer.Flush();
            var reader = new MessagePackReader(_wire.WrittenMemory);
            return ZabCodec.Read(ref reader);
        }

        private static (Service.Server, Service.ServerState) ServiceOf(NodeId id)
        {
            var server = new Service.Server(new(new(id.Value)));
            return (server, server.Begin(Service.ServiceState.Initial));
        }
    }
}
