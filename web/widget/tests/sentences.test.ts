import { DisconnectReason } from "livekit-client";
import { describe, expect, test } from "vitest";
import { disconnected } from "../src/call/endings";
import { microphoneSentence } from "../src/call/microphone";
import { refusal } from "../src/call/refusal";
import { duration, nameFromSlug, statusLine } from "../src/try/words";

const facts = (status: number, over = {}) => ({
  status,
  code: "",
  message: "",
  requestId: "",
  retryAfterSeconds: null,
  ...over,
});
const refused = (status: number, over = {}) => refusal(facts(status, over), "https://shop.example", "support-bot");

describe("a refused call", () => {
  test("says what the API says, and what to do", () => {
    const end = refused(503, { code: "at_capacity", message: "No worker is free.", retryAfterSeconds: 5 });
    expect(end).toEqual({
      code: "at_capacity",
      message: "No worker is free.",
      advice: "Start again in 5 seconds.",
      expected: false,
    });
  });

  test.each([
    [403, /https:\/\/shop\.example/],
    [404, /address/],
    [429, /Start again in a moment/],
    [503, /Start again in a moment/],
    [500, /tell whoever runs this page/],
  ])("of status %i has a sentence of its own when the API gives none", (status, advice) => {
    const end = refused(status);
    expect(end.message).toMatch(/^[A-Z].*\.$/);
    expect(end.advice).toMatch(advice);
    expect(end.code).toBe(`http_${status}`);
  });

  test("names its reference where only the operator can help", () => {
    expect(refused(500, { requestId: "req_7" }).advice).toContain("req_7");
  });
});

test.each(["NotAllowedError", "NotFoundError", "NotReadableError", "SomethingNew"])(
  "a microphone refused with %s leaves typing",
  (name) => {
    const sentence = microphoneSentence(name, true);
    expect(sentence.message).toMatch(/microphone/i);
    expect(sentence.advice).toMatch(/type/);
  },
);

test("a page that is not secure is told so", () => {
  expect(microphoneSentence("NotAllowedError", false).advice).toMatch(/https/);
});

test("only somebody's hanging up is an expected end", () => {
  expect(disconnected(DisconnectReason.ROOM_DELETED).expected).toBe(true);
  expect(disconnected(DisconnectReason.SIGNAL_CLOSE)).toMatchObject({ code: "connection_lost", expected: false });
  expect(disconnected(undefined).expected).toBe(false);
});

test("words of the page", () => {
  expect(nameFromSlug("support-bot")).toBe("Support bot");
  expect(nameFromSlug("")).toBe("Agent");
  expect(duration(65.9)).toBe("1:05");
  expect(duration(3725)).toBe("1:02:05");
  expect(statusLine("talking", "listening", "muted")).toMatch(/muted/);
  expect(statusLine("talking", "speaking", "muted")).toBe("Speaking");
});
