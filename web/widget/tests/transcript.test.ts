import { describe, expect, test } from "vitest";
import { Transcript } from "../src/call/transcript";
import type { Reply } from "../src/call/topics";

const reply = (over: Partial<Reply>): Reply => ({ who: "agent", text: "Hello", id: null, final: true, ...over });
const texts = (transcript: Transcript) => transcript.lines.map((line) => `${line.who}: ${line.text}`);

describe("the echo of typed text", () => {
  test("is dropped once, compared without the space around it", () => {
    const transcript = new Transcript();
    transcript.typed("  Do you sell lamps? ");
    transcript.apply(reply({ who: "visitor", text: "Do you sell lamps?" }));
    expect(texts(transcript)).toEqual(["visitor: Do you sell lamps?"]);
    transcript.apply(reply({ who: "visitor", text: "Do you sell lamps?" }));
    expect(transcript.lines).toHaveLength(2);
  });

  test("is dropped as often as the text was typed", () => {
    const transcript = new Transcript();
    for (let i = 0; i < 2; i += 1) transcript.typed("yes");
    for (let i = 0; i < 2; i += 1) transcript.apply(reply({ who: "visitor", text: "yes" }));
    expect(transcript.lines).toHaveLength(2);
  });

  test("never swallows what the agent says", () => {
    const transcript = new Transcript();
    transcript.typed("Hello");
    transcript.apply(reply({ text: "Hello" }));
    expect(texts(transcript)).toEqual(["visitor: Hello", "agent: Hello"]);
  });

  test("is not waited for when the text was not delivered", () => {
    const transcript = new Transcript();
    transcript.failed(transcript.typed("yes"));
    transcript.apply(reply({ who: "visitor", text: "yes", id: "u1" }));
    expect(transcript.lines.map((line) => line.failed)).toEqual([true, false]);
  });
});

describe("partials", () => {
  test("grow in place and settle with the final of their id", () => {
    const transcript = new Transcript();
    transcript.apply(reply({ who: "visitor", id: "u1", text: "What", final: false }));
    transcript.apply(reply({ id: "r1", text: "On", final: false }));
    transcript.apply(reply({ who: "visitor", id: "u1", text: "What time?", final: true }));
    expect(texts(transcript)).toEqual(["visitor: What time?", "agent: On"]);
    expect(transcript.lines.map((line) => line.final)).toEqual([true, false]);
  });

  test("change nothing after the final", () => {
    const transcript = new Transcript();
    transcript.apply(reply({ id: "r1", text: "At nine." }));
    transcript.apply(reply({ id: "r1", text: "At", final: false }));
    transcript.apply(reply({ id: "r1", text: "At ten." }));
    expect(texts(transcript)).toEqual(["agent: At nine."]);
  });

  test("are taken back by a blank final", () => {
    const transcript = new Transcript();
    const removed: string[] = [];
    transcript.on("removed", (key) => removed.push(key));
    transcript.apply(reply({ who: "visitor", id: "u1", text: "hm", final: false }));
    transcript.apply(reply({ who: "visitor", id: "u1", text: "", final: true }));
    expect(transcript.lines).toEqual([]);
    expect(removed).toHaveLength(1);
  });

  test("of the visitor that no final followed make way for what is said next", () => {
    const transcript = new Transcript();
    transcript.apply(reply({ who: "visitor", id: "u1", text: "hm", final: false }));
    transcript.apply(reply({ who: "visitor", id: "u2", text: "What time?" }));
    expect(texts(transcript)).toEqual(["visitor: What time?"]);
  });

  test("are settled when the call ends", () => {
    const transcript = new Transcript();
    transcript.apply(reply({ id: "r1", text: "On Satur", final: false }));
    transcript.close();
    expect(transcript.lines[0]?.final).toBe(true);
  });
});

test("the oldest lines are dropped above the limit", () => {
  const transcript = new Transcript();
  for (let i = 0; i < 502; i += 1) transcript.apply(reply({ text: `line ${i}` }));
  expect(transcript.lines).toHaveLength(500);
  expect(transcript.lines[0]?.text).toBe("line 2");
});
