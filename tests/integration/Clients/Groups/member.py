"""A member on kafka-python: member.py BOOTSTRAP GROUP TOPIC. Prints partition, offset and value of each record, and commits as it goes."""
import signal
import sys

from kafka import KafkaConsumer
from kafka.errors import KafkaError

leaving = []
signal.signal(signal.SIGTERM, lambda *_: leaving.append(True))
consumer = KafkaConsumer(sys.argv[3], bootstrap_servers=sys.argv[1].split(","), group_id=sys.argv[2], session_timeout_ms=6000, heartbeat_interval_ms=500,
                         auto_offset_reset="earliest", enable_auto_commit=False, metadata_max_age_ms=2000)
while not leaving:
    records = [r for batch in consumer.poll(timeout_ms=100).values() for r in batch]
    for record in records:
        print(record.partition, record.offset, record.value.decode(), flush=True)
    if records:
        try:
            consumer.commit()
        except KafkaError as e:
            print(e, file=sys.stderr, flush=True)
consumer.close(autocommit=False)
