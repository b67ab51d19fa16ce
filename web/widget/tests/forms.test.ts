import type { Room } from "livekit-client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Forms, type FormDefinition, type OpenForm } from "../src/call/forms";

const FORM: FormDefinition = {
  id: "book-demo",
  title: "Book a demo",
  steps: [
    { title: "Who", fields: [{ name: "name", required: true }, { name: "source", default_value: "page" }] },
    { title: "When", fields: [{ name: "date", type: "date" }, { name: "", type: "display", label: "Until five." }] },
  ],
  topics: ["demo.open"],
  success_message: "Booked.",
};

/** A page in a room: what it publishes, and the form that it shows. */
class Scene {
  readonly published: [string, Record<string, unknown>][] = [];
  readonly submitted: string[] = [];
  readonly refused: unknown[] = [];
  shown: OpenForm | null = null;
  readonly forms: Forms;
  #receive: (payload: Uint8Array, participant: unknown, kind: unknown, topic: string) => void = () => undefined;

  constructor(form: FormDefinition = FORM) {
    const room = {
      on: (_: string, handler: typeof this.receiver) => (this.#receive = handler),
      localParticipant: {
        publishData: async (payload: Uint8Array, { topic }: { topic: string }) => {
          this.published.push([topic, JSON.parse(new TextDecoder().decode(payload))]);
        },
      },
    };
    this.forms = new Forms(room as unknown as Room, "", "shop", () => "sess_1", [form]);
    this.forms.on("changed", (open) => (this.shown = open));
    this.forms.on("submitted", (message) => this.submitted.push(message));
    this.forms.on("refused", (refusal) => this.refused.push(refusal));
  }

  get receiver() {
    return this.#receive;
  }

  agent(topic: string, body: unknown, isAgent = true): void {
    this.#receive(new TextEncoder().encode(JSON.stringify(body)), { isAgent }, 0, topic);
  }
}

/** What the server answers to a submission. */
function server(status: number, body: unknown) {
  const fetched = vi.fn(async (..._: unknown[]) => new Response(JSON.stringify(body), { status }));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("an opening", () => {
  test.each(["form.book-demo", "book-demo.form", "demo.open"])("on %s fills known fields and is answered", (topic) => {
    const scene = new Scene();
    scene.agent(topic, { name: "Ana", shoe_size: 38 });
    const values = { name: "Ana", source: "page", date: "" };
    expect(scene.shown).toMatchObject({ step: 0, values });
    const told = { type: "form_state", form_id: "book-demo", is_open: true, step_index: 0, total_steps: 2, values };
    expect(scene.published).toEqual([["form.state", { ...told, fields: FORM.steps?.[0]?.fields }]]);
  });

  test("in the older envelope opens the form as well", () => {
    const scene = new Scene();
    scene.agent("form.book-demo", { type: "book_demo_form", form: { name: "Ana" } });
    expect(scene.shown?.values["name"]).toBe("Ana");
  });

  test("of someone who is not the agent is ignored", () => {
    const scene = new Scene();
    scene.agent("form.book-demo", {}, false);
    expect([scene.shown, scene.published]).toEqual([null, []]);
  });
});

test("what the visitor types is told once for each quarter of a second", () => {
  const scene = new Scene();
  scene.agent("form.book-demo", {});
  for (const typed of ["A", "An", "Ana"]) scene.forms.set("name", typed);
  expect(scene.published).toHaveLength(1);
  vi.advanceTimersByTime(250);
  expect(scene.published).toHaveLength(2);
  expect(scene.published.at(-1)).toMatchObject(["form.state", { values: { name: "Ana" } }]);
});

test("the agent sets values, moves steps and closes, but only the form that is open", () => {
  const scene = new Scene();
  scene.agent("form.control", { type: "set_values", form_id: "book-demo", values: { name: "Ben" } });
  expect(scene.shown).toBeNull();
  scene.agent("form.book-demo", {});
  scene.agent("form.control", { type: "set_values", form_id: "other", values: { name: "Eve" } });
  scene.agent("form.control", { type: "set_values", form_id: "book-demo", values: { name: "Ben", date: null } });
  scene.agent("form.control", { type: "go_to_step", form_id: "book-demo", step_index: 1 });
  scene.agent("form.control", { type: "go_to_step", form_id: "book-demo", step_index: 7 });
  expect(scene.shown).toMatchObject({ step: 1, values: { name: "Ben", date: "" } });
  scene.agent("form.control", { type: "close", form_id: "book-demo" });
  expect(scene.shown).toBeNull();
  expect(scene.published.at(-1)).toMatchObject(["form.state", { is_open: false }]);
});

test("a form that is taken is confirmed, then closed", async () => {
  const fetched = server(201, {});
  const scene = new Scene();
  scene.agent("form.book-demo", { name: "Ana" });
  await Promise.all([scene.forms.submit(), scene.forms.submit()]);
  const values = { name: "Ana", source: "page", date: "" };
  expect(fetched).toHaveBeenCalledTimes(1);
  const [address, request] = fetched.mock.calls[0] as [string, RequestInit];
  expect(address).toBe("/api/agents/shop/form-responses/");
  expect(JSON.parse(String(request.body))).toEqual({ form_id: "book-demo", session_id: "sess_1", values });
  expect(scene.published.slice(-2)).toMatchObject([
    ["voice.user_text", { type: "book-demo_submitted", form: values }],
    ["form.state", { is_open: false }],
  ]);
  expect([scene.shown, scene.submitted]).toEqual([null, ["Booked."]]);
});

test("a form with an address of its own is sent there as one flat object", async () => {
  const fetched = server(200, {});
  const scene = new Scene({ ...FORM, submit_url: "https://shop.example/leads", submit_method: "PUT" });
  scene.agent("form.book-demo", { name: "Ana" });
  await scene.forms.submit();
  const [address, request] = fetched.mock.calls[0] as [string, RequestInit];
  expect([address, request.method]).toEqual(["https://shop.example/leads", "PUT"]);
  expect(JSON.parse(String(request.body))).toEqual({ name: "Ana", source: "page", date: "" });
});

test("a form that is refused stays open, and the agent is told why", async () => {
  server(422, { message: "Some values are not valid.", errors: { "values.name": ["is required"] } });
  const scene = new Scene();
  scene.agent("form.book-demo", {});
  await scene.forms.submit();
  const errors = { "values.name": ["is required"] };
  const failure = { type: "form_submit_failed", form_id: "book-demo", status: 422, errors };
  expect(scene.published.at(-1)).toMatchObject(["form.state", failure]);
  expect(scene.refused).toEqual([{ message: "Some values are not valid.", errors: { name: "is required" } }]);
  expect(scene.shown).not.toBeNull();
});
