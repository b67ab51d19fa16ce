// A form of a page's own that the agent fills together with the visitor. Works with any LiveKit room.
//
// room: a connected Room of livekit-client. form: an entry of `forms` in the character's appearance. send: submits the
// values and answers {ok, status, message, errors}. show: draws the form; called after each change.
export function ownForm(room, form, send, show) {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const steps = form.steps ?? [{ title: form.title, fields: form.fields }];
  const fields = steps.flatMap((step) => step.fields).filter((field) => field.type !== "display");
  const openedBy = [`form.${form.id}`, `${form.id}.form`, ...(form.topics ?? [])];
  const state = { isOpen: false, step: 0, values: {} };
  let timer;

  function publish(topic, message) {
    const bytes = encoder.encode(JSON.stringify(message));
    return room.localParticipant.publishData(bytes, { reliable: true, topic });
  }

  function tellState() {
    clearTimeout(timer);
    timer = undefined;
    return publish("form.state", {
      type: "form_state",
      form_id: form.id,
      is_open: state.isOpen,
      step_index: state.step,
      total_steps: steps.length,
      values: state.values,
      fields: steps[state.step].fields,
    });
  }

  // Tells what the visitor types at most four times a second.
  function changed() {
    show(state);
    timer ??= setTimeout(tellState, 250);
  }

  function setValues(values) {
    for (const field of fields) {
      if (field.name in values) state.values[field.name] = String(values[field.name] ?? "");
    }
  }

  function open(values) {
    // The same opening comes on every topic of the form.
    if (!state.isOpen) {
      state.values = Object.fromEntries(fields.map((field) => [field.name, String(field.default_value ?? "")]));
      state.step = 0;
    }
    state.isOpen = true;
    setValues(values);
    show(state);
    return tellState();
  }

  function close() {
    if (!state.isOpen) return undefined;
    state.isOpen = false;
    show(state);
    return tellState();
  }

  async function submit() {
    const answer = await send(state.values);
    if (!answer.ok) {
      const { status, message, errors } = answer;
      return publish("form.state", { type: "form_submit_failed", form_id: form.id, status, message, errors });
    }
    const type = form.confirmation_type ?? `${form.id}_submitted`;
    await publish(form.confirmation_topic ?? "voice.user_text", { type, form: state.values });
    return close();
  }

  const steer = {
    set_values: (message) => {
      setValues(message.values);
      changed();
    },
    go_to_step: (message) => {
      state.step = message.step_index;
      changed();
    },
    submit,
    close,
  };

  room.on("dataReceived", (payload, participant, kind, topic) => {
    // Nobody else in the room may steer the form.
    if (!participant?.isAgent) return;
    if (openedBy.includes(topic)) {
      const message = JSON.parse(decoder.decode(payload));
      open(message.form ?? message);
    } else if (topic === "form.control") {
      const message = JSON.parse(decoder.decode(payload));
      if (message.form_id === form.id && state.isOpen) steer[message.type]?.(message);
    }
  });

  return {
    open,
    type: (name, value) => {
      setValues({ [name]: value });
      changed();
    },
    goToStep: (index) => {
      state.step = index;
      changed();
    },
    submit,
    close,
  };
}
