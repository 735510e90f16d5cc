// An SMTP server that takes everything and counts; small, so that it is not what is measured.
import { createServer } from 'node:net';

/** Largest message, in bytes: the argument of the process. */
const sizeMax = process.argv[2] ?? 100_000_000;
let count = 0;
/** Of messages, in all. */
let bytes = 0;
const server = createServer((socket) => {
  let inData = false;
  let rest = '';
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.setEncoding('latin1');
  socket.write('220 sink ESMTP\r\n');
  socket.on('data', (chunk) => {
    rest += chunk;
    for (;;) {
      if (inData) {
        const end = rest.indexOf('\r\n.\r\n');
        if (end < 0) {
          bytes += Math.max(0, rest.length - 4);
          rest = rest.slice(-4);
          return;
        }
        bytes += end + 2;
        rest = rest.slice(end + 5);
        inData = false;
        count++;
        socket.write('250 2.0.0 taken\r\n');
        process.send?.({ count, bytes });
        continue;
      }
      const end = rest.indexOf('\r\n');
      if (end < 0) return;
      const line = rest.slice(0, end).toUpperCase();
      rest = rest.slice(end + 2);
      if (line.startsWith('EHLO'))
        socket.write(`250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE ${sizeMax}\r\n`);
      else if (line === 'DATA') {
        inData = true;
        socket.write('354 go on\r\n');
      } else if (line === 'QUIT') socket.end('221 bye\r\n');
      else socket.write('250 2.0.0 ok\r\n');
    }
  });
});
process.on('message', (message) => {
  if (message.reset) count = 0;
  if (message.ask) process.send?.({ count });
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
