const fonts = "system-ui, sans-serif";

Redoc.init(
  "/api/schema/",
  {
    // Redoc would name two fonts that nobody serves.
    theme: {
      typography: {
        fontFamily: fonts,
        headings: { fontFamily: fonts },
        code: { fontFamily: "ui-monospace, monospace" },
      },
    },
    nativeScrollbars: true,
    expandResponses: "200,201,202",
  },
  document.getElementById("redoc"),
);
