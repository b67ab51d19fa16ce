// Receives Callbox webhooks: checks each signature, handles each message once, and answers in time.
//
//     WEBHOOK_SECRET=whsec_… node receiver.mjs 9000
//
// Needs only Node. A message with an invalid signature or timestamp is answered with 400 and not handled.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const TOLERANCE_SECONDS = 5 * 60;
const MAX_BODY_BYTES = 1_048_576;

// While a secret is being rotated, list the old and the new one, separated by a comma.
const secrets = process.env.WEBHOOK_SECRET.split(",").map((secret) => Buffer.from(secret.replace(/^whsec_/, ""), "base64"));

// Messages may come more than once. In production keep their ids in a database, so that they outlive this process.
const seen = new Set();

/** Handles a message. Put work that takes longer than a few seconds into a queue of your own. */
function handle(message) {
  console.log(JSON.stringify({ type: message.type, data: message.data }));
}

/** The message; null if no secret matches its signature or it is older than five minutes. */
function verify(body, headers) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (!id || !signatures || !/^\d+$/.test(timestamp ?? "")) return null;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return null;
  const given = signatures
    .split(" ")
    .filter((part) => part.startsWith("v1,"))
    .map((part) => Buffer.from(part.slice(3), "base64"));
  for (const secret of secrets) {
    const expected = createHmac("sha256", secret).update(`${id}.${timestamp}.`).update(body).digest();
    if (given.some((one) => one.length === expected.length && timingSafeEqual(one, expected))) {
      return JSON.parse(body.toString("utf8"));
    }
  }
  return null;
}

/** The raw bytes, because a body that was parsed and serialised again has a different signature. Null if there are too many. */
async function read(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const server = createServer({ requestTimeout: 10_000 }, async (request, response) => {
  try {
    const body = request.method === "POST" ? await read(request) : null;
    const message = body && verify(body, request.headers);
    if (!message) {
      response.writeHead(request.method !== "POST" ? 405 : body ? 400 : 413).end();
      return;
    }
    const id = request.headers["webhook-id"];
    if (!seen.has(id)) {
      handle(message);
      seen.add(id);
      if (seen.size > 10_000) seen.delete(seen.values().next().value);
    }
    response.writeHead(204).end();
  } catch {
    response.writeHead(500).end();
  }
});

server.listen(Number(process.argv[2]), "127.0.0.1", () => {
  console.log(`listening on port ${server.address().port}`);
});
