'use strict';
const topics = {
  crypto: () => console.log(require('crypto').createHash('sha256').update('x').digest('hex')),
  intl: () => console.log(new Intl.DateTimeFormat('fr-FR', { dateStyle: 'full', timeZone: 'UTC' }).format(0),
    new Intl.NumberFormat('de-DE', { style: 'currency', currency: 'EUR' }).format(1234.5)),
  zone: () => { process.env.TZ = 'Asia/Tokyo'; console.log(new Date(0).toString()); },
  module: async () => console.log((await import('./lib.mjs')).squares.join()),
  dns: () => require('dns').lookup('localhost', { family: 4 }, (error, address) => console.log(error, address)),
  unknown: () => require('dns').lookup('no-such-name.invalid', error => console.log(error.syscall, error.hostname)),
  tls: () => console.log(require('tls').rootCertificates.length > 100, require('tls').getCiphers().length),
  zlib: () => console.log(require('zlib').brotliDecompressSync(require('zlib').brotliCompressSync('pressed')).toString()),
  user: () => { const user = require('os').userInfo(); console.log(user.username, user.homedir, user.shell); },
  worker: () => { const { Worker } = require('worker_threads');
    new Worker("require('worker_threads').parentPort.postMessage(6 * 7)", { eval: true }).on('message', console.log); },
  child: () => console.log(require('child_process').execSync('echo from a shell').toString()),
  encoding: () => console.log(new TextDecoder('shift_jis').decode(Uint8Array.of(0x93, 0xfa)), new TextDecoder('windows-1251').decode(Uint8Array.of(0xcc))),
  http: () => { const http = require('http');
    const server = http.createServer((_, answer) => answer.end('served')).listen(0, '127.0.0.1', () =>
      http.get({ port: server.address().port, host: 'localhost', family: 4 }, answer => answer.on('data', data => { console.log(String(data)); server.close(); }).on('end', () => server.closeAllConnections())));
  },
  wasm: () => console.log(new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).constructor.name),
  throw: () => { throw new RangeError('on purpose'); },
};
topics[process.argv[2]]();
