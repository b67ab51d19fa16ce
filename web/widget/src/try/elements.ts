/** The page's elements by the ids of try.html. Raises if the page and the script do not belong together. */
function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`try.html has no ${type.name} "${id}".`);
  return found;
}

export const elements = {
  call: element("call", HTMLElement),
  orb: element("orb", HTMLElement),
  name: element("name", HTMLElement),
  status: element("status", HTMLElement),
  clock: element("clock", HTMLElement),
  notice: element("notice", HTMLElement),
  noticeMessage: element("notice-message", HTMLElement),
  noticeAdvice: element("notice-advice", HTMLElement),
  noticeClose: element("notice-close", HTMLButtonElement),
  formPanel: element("form-panel", HTMLElement),
  formTitle: element("form-title", HTMLHeadingElement),
  formSubtitle: element("form-subtitle", HTMLElement),
  formClose: element("form-close", HTMLButtonElement),
  form: element("form", HTMLFormElement),
  formFields: element("form-fields", HTMLElement),
  formFault: element("form-fault", HTMLElement),
  formBack: element("form-back", HTMLButtonElement),
  formNext: element("form-next", HTMLButtonElement),
  scroller: element("scroller", HTMLElement),
  transcript: element("transcript", HTMLOListElement),
  hear: element("hear", HTMLButtonElement),
  composer: element("composer", HTMLFormElement),
  text: element("text", HTMLTextAreaElement),
  send: element("send", HTMLButtonElement),
  mute: element("mute", HTMLButtonElement),
  muteLabel: element("mute-label", HTMLElement),
  hangup: element("hangup", HTMLButtonElement),
  hangupLabel: element("hangup-label", HTMLElement),
  start: element("start", HTMLButtonElement),
  startTyping: element("start-typing", HTMLButtonElement),
  announcer: element("announcer", HTMLElement),
  phaseAnnouncer: element("phase-announcer", HTMLElement),
};
