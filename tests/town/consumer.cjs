// A recipient in Node: takes notices from its queue, checks who signed them, and settles them.
// node consumer.cjs AMQP_URL QUEUE SECRET_OUT SECRET_IN
const amqp = require("amqplib");
const { createHmac, timingSafeEqual } = require("node:crypto");

const [url, queue, theirs, ours] = process.argv.slice(2);
const key = (secret) => Buffer.from(secret.replace("whsec_", ""), "base64");
const sign = (secret, id, at, body) =>
  "v1," + createHmac("sha256", key(secret)).update(`${id}.${at}.${body}`).digest("base64");

function verify(headers, body) {
  const at = Number(headers["webhook-timestamp"]);
  if (Math.abs(Date.now() / 1000 - at) > 300) throw new Error("old");
  const expected = Buffer.from(sign(theirs, headers["webhook-id"], at, body));
  const given = Buffer.from(headers["webhook-signature"]);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) throw new Error("bad");
}

async function main() {
  const connection = await amqp.connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.consume(queue, async (message) => {
    const body = message.content.toString();
    verify(message.properties.headers, body);
    const notice = JSON.parse(body);
    console.log(JSON.stringify(notice));
    const answer = JSON.stringify({ status: "applied" });
    const at = Math.floor(Date.now() / 1000);
    channel.publish("dsr.acks", queue.replace("dsr.recipient.", "ack."), Buffer.from(answer), {
      persistent: true,
      contentType: "application/json",
      headers: {
        "webhook-id": notice.notice_id,
        "webhook-timestamp": String(at),
        "webhook-signature": sign(ours, notice.notice_id, at, answer),
      },
    });
    await channel.waitForConfirms();
    channel.ack(message);
  });
  console.log("ready");
}

main().catch((error) => { console.error(error); process.exit(1); });
