// Drives POST …/repayments over keep-alive connections and prints what it measured as JSON.
// usage: node load.mjs PLAN.json   (host, port, token, connections, seconds, contracts, amount)
import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import net from "node:net";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const body = JSON.stringify({ amount: { amount: plan.amount, currency: plan.currency }, channel: "cash" });
const latencies = [];
const statuses = new Map();
const samples = [];
const deadline = performance.now() + plan.seconds * 1000;
let running = plan.connections;
const started = performance.now();
const cpuStarted = process.cpuUsage();

function request() {
  const contract = plan.contracts[Math.floor(Math.random() * plan.contracts.length)];
  return (
    `POST /loans/v1/contracts/${contract}/repayments HTTP/1.1\r\n` +
    `Host: ${plan.host}:${plan.port}\r\nAuthorization: Bearer ${plan.token}\r\n` +
    `Content-Type: application/json\r\nIdempotency-Key: ${randomUUID()}\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

function finish() {
  running -= 1;
  if (running > 0) return;
  const seconds = (performance.now() - started) / 1000;
  const cpu = process.cpuUsage(cpuStarted);
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  console.log(
    JSON.stringify({
      requests: latencies.length,
      seconds,
      p50: at(0.5),
      p95: at(0.95),
      p99: at(0.99),
      statuses: Object.fromEntries(statuses),
      samples,
      cpu_share: (cpu.user + cpu.system) / 1e6 / seconds,
    }),
  );
}

function connect() {
  const socket = net.connect(plan.port, plan.host);
  socket.setNoDelay(true);
  let sent = 0;
  let buffer = "";
  const send = () => {
    if (performance.now() >= deadline) {
      socket.end();
      finish();
      return;
    }
    sent = performance.now();
    socket.write(request());
  };
  socket.on("connect", send);
  socket.on("data", (data) => {
    buffer += data.toString("latin1");
    const head = buffer.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/content-length: *(\d+)/i.exec(buffer.slice(0, head))?.[1] ?? 0);
    if (buffer.length < head + 4 + length) return;
    latencies.push(performance.now() - sent);
    const status = buffer.slice(9, 12);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status !== "201" && samples.length < 3) samples.push(buffer.slice(0, 600));
    buffer = "";
    send();
  });
  socket.on("error", (error) => {
    statuses.set("broken", (statuses.get("broken") ?? 0) + 1);
    if (samples.length < 3) samples.push(String(error));
    finish();
  });
}

for (let i = 0; i < plan.connections; i += 1) connect();
