"""What kazoo sees of an ensemble: prints one line a question, alike for every ensemble that speaks the protocol. Arguments: host:port,… and a path of its own."""
import sys
import threading
sys.path.append('/usr/lib/python3/dist-packages')
from kazoo.client import KazooClient
from kazoo.security import ACL, Id, make_digest_acl

hosts, root = sys.argv[1:3]
first = KazooClient(hosts=hosts, timeout=4)
first.start(20)
first.create(root)
first.stop()
c = KazooClient(hosts=hosts + root, timeout=4)
c.start(20)
d = KazooClient(hosts=hosts + root, timeout=4)
d.start(20)


def show(name, ask):
    try:
        answer = ask()
    except Exception as e:  # the error's name is the answer
        answer = '!' + type(e).__name__
    print(name, ascii(answer))


def stat(s):
    return (s.version, s.cversion, s.aversion, s.dataLength, s.numChildren, s.ephemeralOwner != 0)


def told(events, wanted):
    """Waits until as many events as wanted were told."""
    with changed:
        changed.wait_for(lambda: len(events) >= wanted, 20)
        return list(events)


changed = threading.Condition()


def note(events, event):
    with changed:
        events.append(event)
        changed.notify_all()


show('create', lambda: c.create('/a', b'1'))
show('again', lambda: c.create('/a', b'1'))
show('no parent', lambda: c.create('/x/y', b''))
show('make path', lambda: c.create('/x/y/z', b'', makepath=True))
show('get', lambda: (c.get('/a')[0], stat(c.get('/a')[1])))
show('set', lambda: stat(c.set('/a', b'22', version=0)))
show('bad version', lambda: c.set('/a', b'3', version=0))
show('sequence', lambda: [c.create('/x/s-', b'', sequence=True) for _ in range(3)])
show('sequence alone', lambda: c.create('/x/', b'', sequence=True))
show('ephemeral', lambda: stat(c.exists(c.create('/e', b'q', ephemeral=True))))
show('child of ephemeral', lambda: c.create('/e/c', b''))
show('ephemeral sequence', lambda: c.create('/e-', b'', ephemeral=True, sequence=True))
show('children', lambda: sorted(c.get_children('/x')))
show('children and stat', lambda: (lambda r: (sorted(r[0]), stat(r[1])))(c.get_children('/x', include_data=True)))
show('not empty', lambda: c.delete('/x'))
show('delete all', lambda: c.delete('/x', recursive=True))
show('no node', lambda: c.get('/x'))
for path in ['/q\u0001', '/q\ufff0', '/q\ud7ff', '/gr\u00f6\u00dfe']:
    show('path ' + ascii(path), lambda: c.create(path, b''))


def commit(*operations):
    t = c.transaction()
    for name, *arguments in operations:
        getattr(t, name)(*arguments)
    return [r if isinstance(r, (str, bool)) else type(r).__name__ for r in t.commit()]


show('multi', lambda: commit(('create', '/t1', b'a'), ('set_data', '/t1', b'b'), ('check', '/t1', 1), ('delete', '/a')))
show('failed multi', lambda: commit(('create', '/t2', b'a'), ('check', '/t1', 9), ('create', '/t3', b'')))
show('nothing of it', lambda: (c.exists('/t2'), c.exists('/t3')))

events = []
c.create('/w', b'')
c.get('/w', watch=lambda e: note(events, ('get', e.type, e.path)))
c.get_children('/w', watch=lambda e: note(events, ('children', e.type, e.path)))
c.exists('/w/n', watch=lambda e: note(events, ('exists', e.type, e.path)))
c.create('/w/n', b'')
c.set('/w', b'1')
c.set('/w', b'2')
c.delete('/w/n')
show('events', lambda: sorted(told(events, 3)))

c.add_auth('digest', 'u:p')
show('acl', lambda: c.create('/acl', b's', acl=[make_digest_acl('u', 'p', all=True)]))
show('get acl', lambda: [(a.perms, a.id.scheme, a.id.id) for a in c.get_acls('/acl')[0]])
d.sync('/')
show('no right to get', lambda: d.get('/acl'))
show('no right to set', lambda: d.set('/acl', b''))
show('no right to list', lambda: d.get_acls('/acl'))
show('wrong acl', lambda: d.create('/b1', b'', acl=[ACL(31, Id('digest', 'zz'))]))
show('unknown scheme', lambda: d.create('/b2', b'', acl=[ACL(31, Id('nope', 'zz'))]))
show('by address', lambda: (d.create('/ip', b'', acl=[ACL(1, Id('ip', '127.0.0.0/8'))]), d.get('/ip')[0]))
show('not by address', lambda: d.set('/ip', b''))
show('wrong version of acl', lambda: c.set_acls('/acl', [ACL(1, Id('world', 'anyone'))], 5))
show('set acl', lambda: stat(c.set_acls('/acl', [ACL(1, Id('world', 'anyone'))], 0)))
d.sync('/')
show('readable', lambda: d.get('/acl')[0])

lock = c.Lock('/lock', 'me')
with lock:
    show('lock', lock.contenders)
queue = c.Queue('/queue')
queue.put(b'1')
queue.put(b'2')
show('queue', lambda: (queue.get(), queue.get(), len(queue)))
counter = c.Counter('/counter')
counter += 5
show('counter', lambda: counter.value)
elected = []
c.Election('/election', 'x').run(lambda: elected.append(1))
show('election', lambda: elected)
kept = []
c.ChildrenWatch('/w', lambda names: note(kept, sorted(names)))
c.create('/w/k1', b'')
show('children watch', lambda: told(kept, 2))
show('a large znode', lambda: len(c.get(c.create('/big', b'z' * 1000000))[0]))
show('pipeline', lambda: sum(1 for p in [c.create_async('/p%d' % i, b'x') for i in range(500)] if p.get(20)))
show('version', lambda: c.server_version()[:2])
show('word', lambda: c.command(b'ruok'))

back = threading.Event()
session = c.client_id[0]
c.add_listener(lambda state: back.set() if state == 'CONNECTED' else None)
c._connection._socket.shutdown(2)
back.wait(20)
show('the same session again', lambda: (c.client_id[0] == session, c.retry(c.exists, '/e') is not None))
gone = []
d.sync('/')
d.exists('/e', watch=lambda e: note(gone, (e.type, e.path)))
c.stop()
show('gone with its session', lambda: told(gone, 1))
d.stop()
