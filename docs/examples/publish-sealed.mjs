// Publishes a sealed submission from Node.js, as a web form's server would.
//
//   npm install amqplib jose
//   dsr keys intake-public > intake.jwks
//   AMQP_URL=amqp://intake-web:secret@127.0.0.1/ node publish-sealed.mjs intake.jwks < submission.json
//
// Prints what registration answers. The same submission again is the same request.
import amqp from "amqplib";
import { CompactEncrypt, importJWK } from "jose";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";

const text = await new Promise((done, failed) => {
  let read = "";
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (chunk) => { read += chunk; });
  process.stdin.on("end", () => done(read));
  process.stdin.on("error", failed);
});
const submission = JSON.parse(text);
const [jwk] = JSON.parse(await readFile(process.argv[2], "utf8")).keys; // the newest key is the first

const sealed = await new CompactEncrypt(new TextEncoder().encode(text))
  .setProtectedHeader({ alg: "ECDH-ES+A256KW", enc: "A256GCM", kid: jwk.kid })
  .encrypt(await importJWK(jwk, "ECDH-ES+A256KW"));

const url = new URL(process.env.AMQP_URL);
const connection = await amqp.connect(url.href);
const channel = await connection.createConfirmChannel();
const returned = new Promise((_, failed) => {
  channel.on("return", () => failed(new Error("not routed: has `dsr init` been run?")));
});
const correlationId = randomUUID();
const answered = new Promise((done) => {
  channel.consume("amq.rabbitmq.reply-to", (message) => {
    if (message?.properties.correlationId === correlationId) done(message.content.toString());
  }, { noAck: true });
});

channel.publish("dsr.intake", `submission.${submission.channel}`, Buffer.from(sealed), {
  persistent: true,
  mandatory: true,
  contentType: "application/jose",
  messageId: submission.submission_id,
  userId: decodeURIComponent(url.username),
  correlationId,
  replyTo: "amq.rabbitmq.reply-to",
});
await Promise.race([channel.waitForConfirms(), returned]); // from here on it is not lost
const late = new Promise((done) => { setTimeout(done, 30_000, null).unref(); });
console.log(await Promise.race([answered, returned, late]) ?? "published, not registered yet");
await connection.close();
