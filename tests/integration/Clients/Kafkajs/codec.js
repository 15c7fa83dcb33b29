// Produces with a codec that kafkajs has, keyed, and reads back: codec.js BOOTSTRAP TOPIC CODEC
const { Kafka, CompressionTypes, logLevel } = require('kafkajs');

const [bootstrap, topic, codec] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'kafkajs', brokers: bootstrap.split(','), logLevel: logLevel.ERROR, retry: { initialRetryTime: 100, retries: 50 } });
const count = 500;

async function run() {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3, replicationFactor: 3 }] });
  await admin.disconnect();

  const producer = kafka.producer();
  await producer.connect();
  const messages = [...Array(count).keys()].map(i => ({ key: `key ${i % 7}`, value: `value ${String(i).padStart(4, '0')}` }));
  await producer.send({ topic, acks: -1, compression: CompressionTypes[codec], messages });
  await producer.disconnect();

  const consumer = kafka.consumer({ groupId: `${topic}-reads`, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const ofKey = new Map(), partitionOf = new Map();
  let read = 0;
  await new Promise((resolve, reject) => consumer.run({
    eachMessage: async ({ partition, message }) => {
      const key = String(message.key), value = String(message.value), before = ofKey.get(key) ?? '';
      if (value <= before) reject(new Error(`${value} after ${before} of ${key}`));
      if ((partitionOf.get(key) ?? partition) !== partition) reject(new Error(`${key} in two partitions`));
      ofKey.set(key, value);
      partitionOf.set(key, partition);
      if (++read === count) resolve();
    },
  }).catch(reject));
  await consumer.disconnect();
  console.log(`read ${read} of ${ofKey.size} keys`);
}

run().then(() => process.exit(0), e => { console.error(e); process.exit(1); });
