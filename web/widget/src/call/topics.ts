import { agentState, type AgentState } from "./state";

export const USER_TEXT = "voice.user_text";
export const REPLY = "voice.reply";
export const STATE = "voice.state";
export const ERROR = "voice.error";

/** Larger messages are ignored by either side. */
export const MESSAGE_LIMIT_BYTES = 15 * 1024;

/** The agent ignores longer texts. */
export const TEXT_LIMIT_CHARACTERS = 4000;

export interface Reply {
  who: "visitor" | "agent";
  /** Trimmed; empty only for a final that takes a partial back. */
  text: string;
  /** Shared by the partials and the final of one utterance; null from agents that send no partials. */
  id: string | null;
  final: boolean;
}

export type Message =
  | { topic: typeof REPLY; reply: Reply }
  | { topic: typeof STATE; state: AgentState }
  | { topic: typeof ERROR; code: string; message: string };

/** The message in a data packet, or null for one that is malformed, too large, blank or of another topic. */
export function parseMessage(topic: string | undefined, payload: Uint8Array): Message | null {
  if (payload.byteLength > MESSAGE_LIMIT_BYTES) return null;
  const body = parseObject(payload);
  if (body === null) return null;
  if (topic === REPLY) return parseReply(body);
  if (topic === STATE) {
    const state = agentState(body["state"]);
    return state === null ? null : { topic, state };
  }
  if (topic === ERROR) {
    const message = trimmed(body["message"]);
    return message === "" ? null : { topic, code: trimmed(body["code"]) || "error", message };
  }
  return null;
}

/** A typed message for the agent. Raises RangeError, with a sentence for the visitor, if the agent would not read it. */
export function userText(text: string): Uint8Array<ArrayBuffer> {
  const characters = [...text].length;
  if (characters > TEXT_LIMIT_CHARACTERS) {
    const [given, limit] = [characters, TEXT_LIMIT_CHARACTERS].map((count) => count.toLocaleString("en"));
    throw new RangeError(`This message has ${given} characters. The agent reads ${limit} at most.`);
  }
  const payload = new TextEncoder().encode(JSON.stringify({ type: "user_text", text }));
  if (payload.byteLength > MESSAGE_LIMIT_BYTES) throw new RangeError("This message is too long.");
  return payload;
}

function parseReply(body: Record<string, unknown>): Message | null {
  const id = typeof body["id"] === "string" && body["id"] !== "" ? body["id"] : null;
  const final = body["final"] !== false;
  const text = trimmed(body["text"]) || trimmed(body["message"]);
  if (text === "" && !(final && id !== null)) return null;
  return { topic: REPLY, reply: { who: body["type"] === "user_text" ? "visitor" : "agent", text, id, final } };
}

/** The JSON object in a data packet; null for anything else. */
export function parseObject(payload: Uint8Array): Record<string, unknown> | null {
  try {
    const body: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    return typeof body === "object" && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function trimmed(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}
