import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

/** Answers every request with the same bytes: the least that HTTPS in Node costs. Arguments: certificates, body. */
const [certificates = '', body = ''] = process.argv.slice(2);
const { cert, key } = JSON.parse(readFileSync(certificates, 'utf8'));
const bytes = readFileSync(body);
const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length };
const server = createServer({ cert, key }, (request, response) => {
  request.resume().on('end', () => response.writeHead(200, headers).end(bytes));
});
server.listen(0, '127.0.0.1', () => console.log(`port ${Object(server.address()).port}`));
