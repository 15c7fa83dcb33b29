// A member on kafkajs: member.js BOOTSTRAP GROUP TOPIC. Prints partition, offset and value of each record, and commits as it goes.
const { Kafka, logLevel } = require('kafkajs');

const [bootstrap, groupId, topic] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'kafkajs', brokers: bootstrap.split(','), logLevel: logLevel.ERROR, retry: { initialRetryTime: 100, retries: 50 } });
const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 500, rebalanceTimeout: 10000, maxWaitTimeInMs: 200, metadataMaxAge: 2000 });

async function run() {
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommitThreshold: 1,
    eachMessage: async ({ partition, message }) => process.stdout.write(`${partition} ${message.offset} ${message.value}\n`),
  });
}

process.on('SIGTERM', () => consumer.disconnect().then(() => process.exit(0)));
run().catch(e => { console.error(e); process.exit(1); });
