import { defineConfig } from "vite";

export default defineConfig({
  base: "/widget/",
  build: {
    target: "es2022",
    // The page's content security policy allows no data: URL and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Nearly all of it is livekit-client, without which there is no call.
    chunkSizeWarningLimit: 700,
    rolldownOptions: { input: { try: "try.html" } },
  },
});
