import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';

/** Accepts every MQTT client: the least that a connection over TLS costs in Node. Argument: certificates. */
const [certificates = ''] = process.argv.slice(2);
const { cert, key } = JSON.parse(readFileSync(certificates, 'utf8'));
const connack = Buffer.from([0x20, 2, 0, 0]);
const asking = { requestCert: true, rejectUnauthorized: false };
const server = createServer({ cert, key, ...asking }, (socket) => {
  socket.on('error', () => socket.destroy()).once('data', () => socket.write(connack));
});
server.listen(0, '127.0.0.1', () => console.log(`port ${Object(server.address()).port}`));
