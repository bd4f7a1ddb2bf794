// Loaded into a process and its threads before anything else: writes down whom it wants to reach, and lets only loopback happen.
const { appendFileSync } = require('node:fs');
const dgram = require('node:dgram');
const dns = require('node:dns');
const net = require('node:net');

const tell = (line) => appendFileSync(process.env.DESTINATIONS_FILE, `${line}\n`);
const refuse = (name) => Object.assign(new Error(`${name} is not looked up in a test`), { code: 'ENOTFOUND' });

for (const name of Object.keys(dns).filter((key) => /^(lookup|resolve|reverse)/.test(key))) {
  const original = dns[name];
  dns[name] = (host, ...rest) => {
    if (host === '127.0.0.1') return original(host, ...rest);
    tell(`dns ${host}`);
    process.nextTick(rest.at(-1), refuse(host));
  };
}
for (const name of Object.keys(dns.promises).filter((key) => /^(lookup|resolve|reverse)/.test(key))) {
  dns.promises[name] = async (host) => {
    tell(`dns ${host}`);
    throw refuse(host);
  };
}
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  if (options !== null && typeof options === 'object')
    tell(`connect ${options.path ?? `${options.host}:${options.port}`}`);
  else tell(`connect ${args.join(' ')}`);
  return connect.apply(this, args);
};
for (const name of ['send', 'connect']) {
  dgram.Socket.prototype[name] = () => {
    tell(`datagram ${name}`);
    throw new Error('No datagrams in a test.');
  };
}
