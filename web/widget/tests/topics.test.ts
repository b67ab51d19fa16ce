import { describe, expect, test } from "vitest";
import { AgentTracker } from "../src/call/state";
import { MESSAGE_LIMIT_BYTES, parseMessage, TEXT_LIMIT_CHARACTERS, userText } from "../src/call/topics";

const packet = (body: unknown) => new TextEncoder().encode(JSON.stringify(body));
const reply = (body: unknown) => parseMessage("voice.reply", packet(body));

describe("voice.reply", () => {
  test("is the agent's, unless its type says that it is the visitor's", () => {
    expect(reply({ text: " Hi " })).toMatchObject({ reply: { who: "agent", text: "Hi", id: null, final: true } });
    expect(reply({ type: "agent_text", text: "Hi" })).toMatchObject({ reply: { who: "agent" } });
    expect(reply({ type: "user_text", text: "Hi" })).toMatchObject({ reply: { who: "visitor" } });
  });

  test("has its text in `text`, else in `message`", () => {
    expect(reply({ message: "Hi" })).toMatchObject({ reply: { text: "Hi" } });
    expect(reply({ text: " ", message: "Hi" })).toMatchObject({ reply: { text: "Hi" } });
    expect(reply({ text: " " })).toBeNull();
  });

  test("may be a partial", () => {
    expect(reply({ text: "H", id: "r1", final: false })).toMatchObject({ reply: { id: "r1", final: false } });
    expect(reply({ text: "", id: "r1", final: false })).toBeNull();
  });
});

describe("a message is ignored", () => {
  test.each([
    ["that is no JSON", new TextEncoder().encode("{text")],
    ["that is no UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["that is no object", packet(["text"])],
    ["that is null", packet(null)],
    ["that is too large", packet({ text: "a".repeat(MESSAGE_LIMIT_BYTES) })],
  ])("%s", (_, payload) => {
    expect(parseMessage("voice.reply", payload)).toBeNull();
  });

  test("of an unknown topic, or of none", () => {
    expect(parseMessage("form.state", packet({ text: "Hi" }))).toBeNull();
    expect(parseMessage(undefined, packet({ text: "Hi" }))).toBeNull();
  });
});

test("voice.state names a known state", () => {
  expect(parseMessage("voice.state", packet({ state: "thinking" }))).toMatchObject({ state: "thinking" });
  expect(parseMessage("voice.state", packet({ state: "dreaming" }))).toBeNull();
});

test("voice.error has a code and a message", () => {
  expect(parseMessage("voice.error", packet({ code: "agent_lost", message: "Gone." }))).toMatchObject({
    code: "agent_lost",
    message: "Gone.",
  });
  expect(parseMessage("voice.error", packet({ code: "agent_lost" }))).toBeNull();
});

test("typed text is sent as the contract has it, and not above the limit", () => {
  expect(JSON.parse(new TextDecoder().decode(userText("Grüße")))).toEqual({ type: "user_text", text: "Grüße" });
  expect(() => userText("ü".repeat(TEXT_LIMIT_CHARACTERS))).not.toThrow();
  expect(() => userText("u".repeat(TEXT_LIMIT_CHARACTERS + 1))).toThrow(
    new RangeError("This message has 4,001 characters. The agent reads 4,000 at most."),
  );
  expect(() => userText("語".repeat(TEXT_LIMIT_CHARACTERS))).not.toThrow();
  expect(() => userText("\u0001".repeat(TEXT_LIMIT_CHARACTERS))).toThrow(RangeError);
});

describe("what the agent does", () => {
  test("is told by LiveKit's attribute until a message comes, and again by the next agent's", () => {
    const tracker = new AgentTracker();
    expect(tracker.attribute("initializing")).toBe("absent");
    expect(tracker.attribute("listening")).toBe("listening");
    expect(tracker.message("speaking")).toBe("speaking");
    expect(tracker.attribute("listening")).toBe("speaking");
    expect(tracker.left()).toBe("absent");
    expect(tracker.attribute("thinking")).toBe("thinking");
  });

  test("is something as soon as its voice is there", () => {
    const tracker = new AgentTracker();
    expect(tracker.heard()).toBe("idle");
    tracker.message("speaking");
    expect(tracker.heard()).toBe("speaking");
  });
});
