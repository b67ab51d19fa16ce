import { Page } from "./page";

/** The agent that this address names: `/try/{slug}`, with or without a slash at its end. */
function slugOf(path: string): string {
  const [, slug = ""] = /^\/try\/([^/]+)\/?$/.exec(path) ?? [];
  try {
    return decodeURIComponent(slug);
  } catch {
    return slug;
  }
}

new Page(slugOf(location.pathname), new URLSearchParams(location.search).get("language"));
